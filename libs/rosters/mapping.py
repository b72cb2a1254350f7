"""An office's own headings for our columns: what such a mapping may say, and what is asked when a header is not found.

    checked([("妇女名", "姓名")], forms)   # raises Invalid `mapping.*`
    question(texts, forms)               # which columns lack, which headings are not understood, what is near

A question quotes headings of the file, and a row of persons may have been taken for the header: so it is bounded, and
it is for nobody but who sent the file.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from libs.rosters.columns import Column, ColumnSet, match_header
from libs.values.errors import Invalid
from libs.values.texts import control_characters, folded

MOST_PAIRS: Final = 64
"""Headings of one mapping; the widest form has 47 columns."""
LONGEST_HEADING: Final = 60
"""Characters of a heading."""
LONGEST_GIVEN: Final = 8_000
"""Characters of a mapping that is given with an import."""
SAID: Final = 'JSON {"their heading": "ours"}; without it the mapping kept by the nearest unit counts'
MOST_HEADINGS: Final = 100
"""Headings of a file that are offered for choice."""
_NEAR: Final = 0.6
_CONTAINED: Final = 0.7
_RIGHT: Final = '{"身份证号":"证件号码"}'
Pairs = Iterable[tuple[str, str]]


def given(text: str | None, forms: Sequence[ColumnSet]) -> Mapping[str, str] | None:
    """The mapping of an import's query, `{"their heading": "ours"}` as JSON; None where none is given.

    Raises Invalid: `mapping.malformed` for what is no such object, and as `checked`.
    """
    if text is None:
        return None
    try:
        pairs = json.loads(text, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, tuple) or not all(isinstance(column, str) for _, column in pairs):
        raise Invalid("mapping.malformed", "mapping 应为 JSON 对象。", field="mapping", right=_RIGHT)
    return checked(pairs, forms)


def checked(pairs: Pairs, forms: Sequence[ColumnSet]) -> Mapping[str, str]:
    """Their heading → our column. Each heading and each column stands once, each column is one of the forms.

    Raises Invalid `mapping.too_many`, `mapping.heading_form`, `mapping.unknown_column`, `mapping.heading_twice`,
    `mapping.column_twice`.
    """
    known = tuple(dict.fromkeys(column.name for form in forms for column in form.columns))
    found: dict[str, str] = {}
    folds: dict[str, str] = {}
    for heading, column in pairs:
        if len(found) >= MOST_PAIRS:
            raise _invalid("too_many", f"最多对应{MOST_PAIRS}列", right=str(MOST_PAIRS))
        check_heading(heading)
        if column not in known:
            raise _invalid("unknown_column", "没有这一列", value=column[:LONGEST_HEADING], right="、".join(known))
        if folded(heading) in folds:
            raise _invalid("heading_twice", "同一个列名只能对应一列", value=heading, right=folds[folded(heading)])
        if column in found.values():
            raise _invalid("column_twice", "两个列名不能对应同一列", value=column, right="每列一个列名")
        found[heading] = column
        folds[folded(heading)] = column
    return found


def check_heading(heading: str) -> None:
    """Raise Invalid `mapping.heading_form` for what can be no heading."""
    if not usable(heading):
        rule = f"列名为1至{LONGEST_HEADING}个字，不含控制字符"
        raise _invalid("heading_form", rule, value=heading[:LONGEST_HEADING] if heading.isprintable() else None)


def usable(heading: str) -> bool:
    """Whether a mapping may name it."""
    return bool(folded(heading)) and len(heading) <= LONGEST_HEADING and not control_characters(heading)


def merged(before: Pairs, chosen: Pairs) -> list[tuple[str, str]]:
    """What was kept with what is chosen now: a heading or a column that is chosen anew loses what it had."""
    now = list(chosen)
    headings, columns = {folded(heading) for heading, _ in now}, {column for _, column in now}
    kept = [(heading, column) for heading, column in before if folded(heading) not in headings]
    return [*(pair for pair in kept if pair[1] not in columns), *now]


def question(
    texts: Sequence[str], forms: Sequence[ColumnSet], mapping: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What is asked about a row that looks like the header: of each form what lacks and what is not understood.

    `forms` of the answer: the nearest first; of each `columns` (name, whether required, a heading that is near) and
    `headings` that stand for none of its columns.
    """
    asked = [_of_form(texts, form, mapping) for form in forms]
    return {"forms": sorted(asked, key=lambda each: -each.pop("found"))}


def _of_form(texts: Sequence[str], form: ColumnSet, mapping: Mapping[str, str] | None) -> dict[str, Any]:
    match = match_header(texts, form, form.names(mapping))
    taken = {cell.name for cell in match.cells}
    free = [cell.text for cell in match.cells if cell.name is None and usable(cell.text)]
    headings = list({folded(text): text for text in reversed(free)}.values())[::-1][:MOST_HEADINGS]
    lacking = [column for column in form.columns if column.name not in taken]
    near = proposals(lacking, headings)
    columns = [
        {"column": column.name, "required": column.required, "proposal": near.get(column.name)}
        for column in sorted(lacking, key=lambda column: not column.required)
    ]
    return {"form": form.form, "columns": columns, "headings": headings, "found": match.found}


def proposals(columns: Iterable[Column], headings: Sequence[str]) -> dict[str, str]:
    """Column → heading whose words are near one of its names; each heading once, the nearest pair first."""
    pairs = [(_likeness(column, heading), column, heading) for column in columns for heading in headings]
    found: dict[str, str] = {}
    for likeness, column, heading in sorted(pairs, key=lambda pair: -pair[0]):
        if likeness >= _NEAR and column.name not in found and heading not in found.values():
            found[column.name] = heading
    return found


def _likeness(column: Column, heading: str) -> float:
    return max(_words(folded(heading), folded(name)) for name in (column.name, *column.aliases))


def _words(one: str, other: str) -> float:
    shorter, longer = sorted((one, other), key=len)
    ratio = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return max(ratio, _CONTAINED) if len(shorter) > 1 and shorter in longer else ratio


def looks_like_headings(texts: Sequence[str]) -> int:
    """How many cells of a row could be headings: words, no figures, each once."""
    return len({folded(text) for text in _words_of(texts)})


def _words_of(texts: Sequence[str]) -> Iterator[str]:
    return (text for text in texts if usable(text) and not any(character.isdecimal() for character in text[:4]))


def _invalid(code: str, rule: str, *, value: str | None = None, right: str | None = None) -> Invalid:
    told = f"：“{value}”" if value else ""
    return Invalid(
        f"mapping.{code}", f"列名对应有误{told}。{rule}。", field="mapping", value=value, rule=rule, right=right
    )
