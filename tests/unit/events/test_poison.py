"""Which faults are an event's own, and that the words about one name nobody."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from pydantic import BaseModel, ValidationError

from libs.events.chain import Fork
from libs.events.lease import LeaseLost
from libs.events.parking import Culprit, Parking, Taken
from libs.events.poison import ParkedTooMany, Paused, Poison, is_poison, why
from libs.events.transport import Offset, Published
from libs.values.errors import Refused, Unavailable


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"), KeyError("x"), AssertionError(), Refused("a.b", "a rule says no"),
        asyncpg.CheckViolationError("x"), asyncpg.UniqueViolationError("x"), asyncpg.RaiseError("x"),
        asyncpg.DataError("x"), asyncpg.NumericValueOutOfRangeError("x"),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_what_the_data_cause_is_poison(error: Exception) -> None:
    assert is_poison(error)


@pytest.mark.parametrize(
    "error",
    [
        Fork("x"), LeaseLost("x"), Paused("x"), ParkedTooMany("x", 2), Unavailable("a.b", "away"), MemoryError(),
        ConnectionResetError("x"), TimeoutError(), asyncpg.InterfaceError("connection is closed"),
        asyncpg.DeadlockDetectedError("x"), asyncpg.SerializationError("x"), asyncpg.DiskFullError("x"),
        asyncpg.AdminShutdownError("x"), asyncpg.QueryCanceledError("x"), asyncpg.LockNotAvailableError("x"),
        asyncpg.UndefinedColumnError("x"), asyncpg.InsufficientPrivilegeError("x"),
        asyncpg.ReadOnlySQLTransactionError("x"), asyncpg.DataCorruptedError("x"),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_what_would_meet_every_event_is_not(error: Exception) -> None:
    assert not is_poison(error)


class Body(BaseModel):
    """A contract's body."""

    woman_id: int


def test_a_body_that_does_not_fit_is_said_by_its_fields_without_their_values() -> None:
    with pytest.raises(ValidationError) as caught:
        Body.model_validate({"woman_id": "杨花"})
    assert why(caught.value) == "ValidationError: woman_id int_parsing"


def test_other_faults_are_said_by_their_kind_and_place_without_their_words() -> None:
    with pytest.raises(ValueError, match="杨花") as caught:
        raise ValueError("杨花 is not a number")
    words = why(caught.value)
    assert words.startswith("ValueError in ")
    assert "test_poison:" in words
    assert "杨花" not in words
    assert why(ValueError("never raised")) == "ValueError"
    with pytest.raises(ValueError, match="badly formed") as deep:
        UUID("杨花")
    assert "test_poison:" in why(deep.value), "a place in our code, not in a library's"


def _record(number: int) -> Published:
    return Published(
        number, 0, number - 1, UUID(int=number), "t", UUID(int=9), {}, {}, datetime(2016, 5, 3, tzinfo=UTC)
    )


async def test_failures_are_counted_although_other_partitions_go_well_in_between() -> None:
    """Over Kafka partitions take turns: a batch that goes well says nothing of the one that failed before it."""
    told: list[Culprit | None] = []

    async def take(part: Sequence[Published], culprit: Culprit | None = None) -> Taken:
        told.append(culprit)
        if culprit is None and 1 in {each.number for each in part}:
            raise ValueError("poison")
        return Taken(moved=True)

    parking = Parking("notes", {"t"}, Poison(tries=3))
    for _ in range(2):
        with pytest.raises(ValueError, match="poison"):
            await parking.take(take, [_record(1), _record(2)])
        assert await parking.take(take, [_record(7)]) == Taken(moved=True)
    assert await parking.take(take, [_record(1), _record(2)]) == Taken(moved=True)
    assert [each.number for each in told if each] == [1]


async def test_failures_of_a_batch_that_went_elsewhere_are_no_failures_of_another() -> None:
    """Its partition went to another member, or was started past it: it never comes back here."""
    told: list[Culprit | None] = []

    async def take(part: Sequence[Published], culprit: Culprit | None = None) -> Taken:
        told.append(culprit)
        raise ValueError("poison")

    parking = Parking("notes", {"t"}, Poison(tries=3))
    for _ in range(2):
        with pytest.raises(ValueError, match="poison"):
            await parking.take(take, [_record(1), _record(2)])
    with pytest.raises(ValueError, match="poison"):
        await parking.take(take, [_record(7)])
    assert told == [None] * 3, "its first failure is tried again, not taken apart"
    parking.stand({0: Offset(2, None)})
    with pytest.raises(ValueError, match="poison"):
        await parking.take(take, [_record(1)])
    assert told == [None] * 4, "what was taken elsewhere and is read again is new here"
