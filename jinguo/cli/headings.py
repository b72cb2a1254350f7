"""What a command says of an office's own headings: `--column 姓名=妇女名`, and what a file that lacks columns asks."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from jinguo.cli.errors import USAGE, Failure

_SHOWN = 20  # headings of a file named in a line
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column", help="Our column and the file's heading, 姓名=妇女名; again for each; goes before what is kept."
    ),
]


def pairs_of(columns: Sequence[str]) -> list[tuple[str, str]]:
    """Heading and column of each `column=heading`; raises Failure for what has no such form."""
    found = []
    for each in columns:
        column, sign, heading = each.partition("=")
        if not (sign and column.strip() and heading.strip()):
            message = f"--column {each}: write our column, =, and the heading of the file: 姓名=妇女名"
            raise Failure("mapping.form", message, exit_status=USAGE)
        found.append((heading.strip(), column.strip()))
    return found


def mapping_of(columns: Sequence[str] | None) -> str | None:
    """The query `mapping` of an import; None: what is kept counts. Raises Failure for a heading named twice."""
    if not columns:
        return None
    pairs = pairs_of(columns)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Failure("mapping.heading_twice", "--column: one heading stands for one column only.", exit_status=USAGE)
    return json.dumps(found, ensure_ascii=False)


def asked(asks: Mapping[str, Any] | None) -> Iterator[str]:
    """Lines about a file whose header was not found: what it has, what lacks, and the command that keeps a choice."""
    form = next(iter((asks or {}).get("forms") or ()), None)
    if asks is None or form is None:
        return
    if used := (asks.get("mapping") or {}).get("unit"):
        yield f"read by the headings that {used} keeps, version {asks['mapping']['version']}"
    headings = form["headings"]
    more = f" … and {len(headings) - _SHOWN} more" if len(headings) > _SHOWN else ""
    yield f"headings not understood: {'、'.join(headings[:_SHOWN])}{more}"
    lacking = [each for each in form["columns"] if each["required"]]
    words = (f"{each['column']}={each['proposal'] or '…'}" for each in lacking)
    yield f"if they are these: jinguo mappings keep {asks['kind']} " + " ".join(f"--column {word}" for word in words)


def used_line(result: Mapping[str, Any]) -> str | None:
    """By which headings a file was read, if not by our own alone."""
    mapping = result.get("mapping")
    if not mapping:
        return None
    by = f"kept by {mapping['unit']}, version {mapping['version']}" if mapping["unit"] else "given"
    return f"Headings {by}: " + " ".join(f"{pair['column']}={pair['heading']}" for pair in mapping["columns"])
