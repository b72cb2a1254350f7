"""Rows of the log become events: whatever lies beside them, each keeps its own type, version, meta and place."""

import gc
from dataclasses import FrozenInstanceError, asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from weakref import ref

import pytest

from libs.events import collector
from libs.events.codec import Codec, UnknownEvent
from libs.events.meta import Meta
from libs.events.rows import all_recorded, all_recorded_later, to_recorded
from libs.events.store import Recorded

STREAM = UUID(int=1)
AT = datetime(2026, 3, 1, tzinfo=UTC)
ANNA = '{"actor": "anna", "role": "clerk", "unit": "522634000000", "correlation_id": "' + str(UUID(int=7)) + '"}'
BERTA = ANNA.replace("anna", "berta")


@dataclass(frozen=True, slots=True)
class Weighed:
    """Version 2 is in grams; version 1 was in kilograms."""

    grams: int


@dataclass(frozen=True, slots=True)
class Left:
    """Holds nothing."""


def _codec() -> Codec:
    upcasters = {1: lambda old: {"grams": old["kilograms"] * 1000}}
    return Codec().add("weighed", Weighed, version=2, upcasters=upcasters).add("left", Left)


def _row(position: int, name: str, schema: int, data: str, meta: str) -> tuple[Any, ...]:
    return position, STREAM, position, UUID(int=position), name, schema, data, meta, AT


ROWS: Any = [
    _row(1, "weighed", 2, '{"grams": 5}', ANNA),
    _row(2, "weighed", 1, '{"kilograms": 6}', ANNA),
    _row(3, "weighed", 2, '{"grams": 7}', BERTA),
    _row(4, "left", 1, "{}", BERTA),
    _row(5, "weighed", 2, '{"grams": 8}', ANNA),
]


@pytest.mark.parametrize("read", [all_recorded, all_recorded_later])
def test_each_row_keeps_its_own_type_version_and_meta(read: Any) -> None:
    found = read(_codec(), ROWS)
    assert [each.event for each in found] == [Weighed(5), Weighed(6000), Weighed(7), Left(), Weighed(8)]
    assert [each.meta.actor for each in found] == ["anna", "anna", "berta", "berta", "anna"]
    assert [(each.position, each.version, each.event_id.int, each.type) for each in found] == [
        (1, 1, 1, "weighed"),
        (2, 2, 2, "weighed"),
        (3, 3, 3, "weighed"),
        (4, 4, 4, "left"),
        (5, 5, 5, "weighed"),
    ]
    assert found[0] == to_recorded(_codec(), ROWS[0])


def test_what_is_read_is_as_good_as_what_is_made_by_name() -> None:
    (read,) = all_recorded(_codec(), ROWS[:1])
    meta = Meta("anna", "clerk", "522634000000", UUID(int=7))
    made = Recorded(1, STREAM, 1, UUID(int=1), "weighed", Weighed(5), meta, AT)
    assert read == made
    assert hash(read) == hash(made)
    assert asdict(read) == asdict(made)
    assert replace(read, version=2).version == 2
    with pytest.raises(FrozenInstanceError):
        read.version = 2  # type: ignore[misc]


def test_an_unknown_event_among_known_ones_stops_the_reading() -> None:
    with pytest.raises(UnknownEvent, match="'weighed' version 3"):
        all_recorded(_codec(), [*ROWS[:1], _row(2, "weighed", 3, "{}", ANNA)])  # type: ignore[list-item]


def test_the_collector_goes_on_after_the_work_and_after_its_failure() -> None:
    assert gc.isenabled()
    with collector.paused():
        assert not gc.isenabled()
        with collector.paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(UnknownEvent):
        all_recorded(_codec(), [_row(1, "weighed", 9, "{}", ANNA)])  # type: ignore[list-item]
    assert gc.isenabled()


class _Ring:
    """Refers to itself, so only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


def test_cycles_made_in_a_long_pause_are_freed_when_they_are_many() -> None:
    with collector.paused():
        ring = ref(_Ring())
        collector.swept()
        assert ring() is not None  # a few may wait
        kept = [[number] for number in range(collector.MANY + 1)]
        collector.swept()
        assert ring() is None
        del kept
