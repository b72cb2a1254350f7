"""Writes the OpenAPI document of every service to docs/reference/openapi; refuses what would break a partner.

`python -m scripts.openapi` writes; with names of services only theirs, with `--breaking` also what breaks. See `breaks`
for what that is.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.apps import DOCUMENTED, ROOT, built

FOLDER = ROOT / "docs" / "reference" / "openapi"
Part = Mapping[str, Any]


def path_of(service: str) -> Path:
    """The file of a service's document."""
    return FOLDER / f"{service}.json"


def text_of(service: str) -> str:
    """The document as it is written."""
    return json.dumps(built(service).openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def breaks(old: Part, new: Part) -> Iterator[str]:
    """What somebody who relies on the old document would miss: one line each.

    A removed operation or success, a new duty (required parameter or field), a removed field of an answer, another
    type, and fewer values of a request's list.
    """
    for path, method, operation in _operations(old):
        now = new["paths"].get(path, {}).get(method)
        if now is None:
            yield f"{method.upper()} {path}: removed"
            continue
        yield from (f"{method.upper()} {path}: {what}" for what in _changed(operation, now, old, new))


def _operations(document: Part) -> Iterator[tuple[str, str, Part]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _changed(old: Part, new: Part, before: Part, after: Part) -> Iterator[str]:
    known = {_key(each, before): _resolved(each, before) for each in old.get("parameters", ())}
    present = {_key(each, after): _resolved(each, after) for each in new.get("parameters", ())}
    yield from (f"parameter {name} is gone" for name in known.keys() - present.keys())
    for name, parameter in present.items():
        if parameter.get("required") and not known.get(name, {}).get("required"):
            yield f"parameter {name} is required now"
    for status, answer in old["responses"].items():
        if not status.startswith("2"):
            continue
        if status not in new["responses"]:
            yield f"answers {status} no more"
            continue
        for kind, schema in _contents(answer, before):
            other = dict(_contents(new["responses"][status], after)).get(kind)
            yield from (f"{status} {each}" for each in _narrowed(schema, other, before, after, kind, answer=True))
    for kind, schema in _contents(new.get("requestBody", {}), after):
        given = dict(_contents(old.get("requestBody", {}), before)).get(kind)
        if given is not None:
            yield from (f"body {each}" for each in _narrowed(given, schema, before, after, kind, answer=False))


def _also(old: Part, new: Part) -> bool:
    """Whether what is sent may still be what it was, beside something else."""
    return any(each.get("type") == old.get("type") for each in new.get("anyOf", ()))


def _narrowed(
    old: Part, new: Part | None, before: Part, after: Part, place: str, *, answer: bool, depth: int = 0
) -> Iterator[str]:
    if new is None:
        yield f"{place} is gone"
        return
    old, new = _resolved(old, before), _resolved(new, after)
    if old.get("type") != new.get("type") and (answer or not _also(old, new)):
        yield f"{place} is {new.get('type')}, was {old.get('type')}"
    if not answer:
        yield from (f"{place}/{name} is required now" for name in _more(old, new, "required"))
        if "enum" in new:
            yield from (f"{place} takes {value} no more" for value in _more(new, old, "enum"))
    for name, inner in old.get("properties", {}).items() if depth < 12 else ():
        other = new.get("properties", {}).get(name)
        yield from _narrowed(inner, other, before, after, f"{place}/{name}", answer=answer, depth=depth + 1)
    if "items" in old and depth < 12:
        yield from _narrowed(
            old["items"], new.get("items"), before, after, f"{place}/items", answer=answer, depth=depth + 1
        )


def _more(old: Part, new: Part, word: str) -> list[Any]:
    return [value for value in new.get(word, ()) if value not in old.get(word, ())]


def _contents(body: Part, document: Part) -> Iterator[tuple[str, Part]]:
    for kind, content in _resolved(body, document).get("content", {}).items():
        if "schema" in content:
            yield kind, content["schema"]


def _key(parameter: Part, document: Part) -> str:
    found = _resolved(parameter, document)
    return f"{found['name']} ({found['in']})"


def _resolved(part: Part, document: Part) -> Part:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def main(allowed: bool, services: Sequence[str] = DOCUMENTED) -> int:
    """Write the documents; 1 when one would break and was not allowed to."""
    wrong = []
    for service in services:
        text, file = text_of(service), path_of(service)
        if file.exists() and not allowed:
            broken = list(breaks(json.loads(file.read_text()), json.loads(text)))
            wrong += [f"{service}: {each}" for each in broken]
            if broken:
                continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    print("\n".join(wrong) or f"openapi: {', '.join(services)}: written")
    return 1 if wrong else 0


if __name__ == "__main__":
    named = [each for each in sys.argv[1:] if not each.startswith("--")]
    sys.exit(main("--breaking" in sys.argv[1:], named or DOCUMENTED))
