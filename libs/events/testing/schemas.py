"""Published contracts as JSON Schema files, and what may change in them: only additions that old readers can ignore.

`python -m libs.events.testing.schemas` writes the files of new contracts and of additive changes; anything else it
refuses, as the test does: what was once published stays readable for ever.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from libs.events import contracts
from libs.events.contract import Contract
from libs.events.personal import Personal

FOLDER = Path(contracts.__file__).parent / "schemas"
_SAME = ("type", "format", "const", "$ref", "items", "prefixItems", "anyOf", "additionalProperties")


def all_contracts() -> Iterator[type[Contract]]:
    """Every contract of every publisher."""
    for module in pkgutil.iter_modules(contracts.__path__):
        for found in vars(importlib.import_module(f"{contracts.__name__}.{module.name}")).values():
            if isinstance(found, type) and issubclass(found, Contract) and found is not Contract:
                yield found


def schema_of(contract: type[Contract]) -> dict[str, Any]:
    """Its JSON Schema, named by its published type."""
    return {"$id": contract.type, **contract.model_json_schema(mode="validation")}


def breaking(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What a reader of the old form could no longer rely on; empty when the change is additive."""
    found = _object("", old, new)
    for name, definition in old.get("$defs", {}).items():
        found += _object(f"{name}.", definition, new.get("$defs", {}).get(name, {}))
    return found


def holds_personal_data(contract: type[Contract]) -> bool:
    """Whether a field is, or contains, a `Personal`: contracts hold none at all."""
    return any(Personal.__name__ in repr(field.annotation) for field in contract.model_fields.values())


def write(folder: Path = FOLDER) -> list[str]:
    """Write what is new or additive; the breaking changes, which were not written."""
    folder.mkdir(exist_ok=True)
    refused: list[str] = []
    for contract in all_contracts():
        path = folder / f"{contract.type}.json"
        old = json.loads(path.read_text("utf-8")) if path.exists() else {}
        problems = [f"{contract.type}: {problem}" for problem in breaking(old, schema_of(contract))]
        refused += problems
        if not problems:
            text = json.dumps(schema_of(contract), ensure_ascii=False, indent=2, sort_keys=True)
            path.write_text(text + "\n", "utf-8")
    return refused


def _object(prefix: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    was, now = old.get("properties", {}), new.get("properties", {})
    found = [f"{prefix}{name} was removed" for name in was if name not in now]
    for name in was.keys() & now.keys():
        found += _field(f"{prefix}{name}", was[name], now[name])
    if old:
        added = set(new.get("required", ())) - set(was)
        found += [f"{prefix}{name} is new and has no default: old records lack it" for name in added]
        found += [f"{prefix}{name} is no longer always there" for name in _lost(old, new) if name in now]
    return sorted(found)


def _lost(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    return set(old.get("required", ())) - set(new.get("required", ()))


def _field(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    found = [f"{name}: {key} was {was.get(key)}, is {now.get(key)}" for key in _SAME if was.get(key) != now.get(key)]
    words = set(map(str, was.get("enum", ()))) ^ set(map(str, now.get("enum", ())))
    if words:  # a new word is no addition: a reader that knows the old words cannot read it
        found.append(f"{name}: its words differ by {', '.join(sorted(words))}")
    return found


if __name__ == "__main__":
    sys.exit("\n".join(write()) or 0)
