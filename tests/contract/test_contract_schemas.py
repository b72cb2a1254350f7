"""Published contracts: their schema files are up to date, change additively only, and hold no personal data."""

import copy
import json
from typing import Any, ClassVar
from uuid import UUID

import pytest

from libs.events.contract import Contract
from libs.events.personal import Personal
from libs.events.testing.schemas import FOLDER, all_contracts, breaking, holds_personal_data, schema_of

CONTRACTS = {contract.type: contract for contract in all_contracts()}


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_equals_its_committed_schema(name: str) -> None:
    path = FOLDER / f"{name}.json"
    assert path.exists(), "run python -m libs.events.testing.schemas and commit the file"
    committed = json.loads(path.read_text("utf-8"))
    assert breaking(committed, schema_of(CONTRACTS[name])) == []
    assert committed == schema_of(CONTRACTS[name]), "run python -m libs.events.testing.schemas and commit the file"


def test_no_committed_contract_has_vanished() -> None:
    assert {path.name.removesuffix(".json") for path in FOLDER.glob("*.json")} == set(CONTRACTS)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_holds_no_personal_data(name: str) -> None:
    assert not holds_personal_data(CONTRACTS[name])


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contracts_type_names_its_publisher_and_version(name: str) -> None:
    topic, _, rest = name.partition(".")
    assert topic == CONTRACTS[name].topic
    assert rest.rpartition(".v")[2].isdigit()


def test_a_contract_with_a_name_in_it_is_caught() -> None:
    class Leaking(Contract):
        topic: ClassVar[str] = "test"
        type: ClassVar[str] = "test.leaking.v1"

        woman_id: UUID
        name: Personal[str] | None

    assert holds_personal_data(Leaking)


OLD: dict[str, Any] = {
    "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"enum": ["x", "y"], "type": "string"}},
    "required": ["a", "c"],
    "$defs": {"Item": {"properties": {"code": {"type": "string"}}, "required": ["code"]}},
}
CHANGES: dict[str, tuple[str, Any]] = {
    "a was removed": ("properties", {"b": OLD["properties"]["b"], "c": OLD["properties"]["c"]}),
    "b: type was integer, is string": ("properties", OLD["properties"] | {"b": {"type": "string"}}),
    "c: its words differ by y": ("properties", OLD["properties"] | {"c": {"enum": ["x"], "type": "string"}}),
    "c: its words differ by z": ("properties", OLD["properties"] | {"c": {"enum": ["x", "y", "z"], "type": "string"}}),
    "d is new and has no default: old records lack it": ("required", ["a", "c", "d"]),
    "a is no longer always there": ("required", ["c"]),
    "Item.code was removed": ("$defs", {}),
}


@pytest.mark.parametrize("problem", CHANGES)
def test_a_breaking_change_is_named(problem: str) -> None:
    part, value = CHANGES[problem]
    new = copy.deepcopy(OLD) | {part: value}
    assert breaking(OLD, new) == [problem]


def test_an_added_field_with_a_default_is_no_break() -> None:
    new = copy.deepcopy(OLD)
    new["properties"]["d"] = {"type": "string", "default": ""}
    assert breaking(OLD, new) == []
    assert breaking({}, OLD) == []
