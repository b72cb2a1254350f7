"""Events ↔ JSON: names, versions, upcasters, and personal values that are written sealed or not at all."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from libs.events.codec import Codec, UnknownEvent
from libs.events.meta import Meta, meta_from_json, meta_to_json
from libs.events.personal import Personal, personals
from libs.events.vault import MemoryVault

PERSON, OTHER = UUID(int=1), UUID(int=2)


@dataclass(frozen=True, slots=True)
class Part:
    words: Personal[str]


@dataclass(frozen=True, slots=True)
class Registered:
    woman: UUID
    name: Personal[str]
    born: date
    parts: tuple[Part, ...] = ()
    more: dict[str, Personal[int]] | None = None


def event() -> Registered:
    parts = (Part(Personal(OTHER, "话")),)
    return Registered(PERSON, Personal(PERSON, "杨花"), date(1990, 5, 3), parts, {"age": Personal(OTHER, 26)})


async def test_an_event_survives_the_log_with_its_personal_values_sealed() -> None:
    vault, codec = MemoryVault(), Codec().add("registered", Registered)
    await vault.ensure([PERSON, OTHER])
    encoded = codec.dump(event(), vault.seal)
    assert (encoded.type, encoded.version) == ("registered", 1)
    assert "杨花" not in encoded.data
    again = codec.load("registered", 1, json.loads(encoded.data))
    assert (again.woman, again.born) == (PERSON, date(1990, 5, 3))
    sealed = [(each.subject, each.sealed) for each in personals(again)]
    assert await vault.open_many(sealed) == ["杨花", "话", "26"]
    assert codec.load("registered", 1, json.loads(codec.dump(again).data)) == again, "a sealed value needs no key"


def test_a_value_in_clear_is_not_written_without_a_vault() -> None:
    with pytest.raises(ValueError, match="sealed only"):
        Codec().add("registered", Registered).dump(event())


def test_an_unknown_value_is_written_as_none() -> None:
    codec = Codec().add("part", Part)
    assert json.loads(codec.dump(Part(Personal(PERSON, None))).data)["words"]["sealed"] is None


def test_a_personal_value_is_not_shown() -> None:
    assert "杨花" not in repr(event())


def test_something_else_in_its_place_is_refused() -> None:
    with pytest.raises(ValueError, match="subject, class and sealed"):
        Codec().add("part", Part).load("part", 1, {"words": "杨花"})


def test_old_versions_are_lifted_step_by_step() -> None:
    @dataclass(frozen=True, slots=True)
    class Moved:
        to: str
        why: str

    def first(data: dict[str, Any]) -> dict[str, Any]:
        return {"to": data["place"]}

    def second(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "why": "unknown"}

    codec = Codec().add("moved", Moved, version=3, upcasters={1: first, 2: second})
    assert codec.load("moved", 1, {"place": "x"}) == codec.load("moved", 2, {"to": "x"}) == Moved("x", "unknown")
    assert codec.load("moved", 3, {"to": "x", "why": "y"}) == Moved("x", "y")
    assert codec.names == {"moved": 3}
    assert codec.name_of(Moved) == "moved"


@pytest.mark.parametrize(("name", "version"), [("other", 1), ("part", 2), ("part", 0)])
def test_what_this_version_does_not_know_is_not_guessed(name: str, version: int) -> None:
    with pytest.raises(UnknownEvent):
        Codec().add("part", Part).load(name, version, {})


def test_a_class_that_is_not_registered_is_not_written() -> None:
    with pytest.raises(UnknownEvent, match="Part"):
        Codec().dump(Part(Personal(PERSON, None)))


def test_a_name_or_class_is_registered_once_and_versions_are_complete() -> None:
    codec = Codec().add("part", Part)
    with pytest.raises(ValueError, match="already"):
        codec.add("part", Registered)
    with pytest.raises(ValueError, match="already"):
        codec.add("other", Part)
    with pytest.raises(TypeError, match="dataclass"):
        codec.add("text", str)
    with pytest.raises(ValueError, match="upcaster"):
        codec.add("registered", Registered, version=2)


@pytest.mark.parametrize(
    "meta",
    [
        Meta("a", "cadre", "522634000000", PERSON),
        Meta("a", "cadre", "522634000000", PERSON, OTHER, PERSON, "00-1-2-01", "2016-05-03/2016-05-07"),
    ],
)
def test_meta_survives_json(meta: Meta) -> None:
    data = meta_to_json(meta)
    assert meta_from_json(data) == meta
    assert None not in data.values()
