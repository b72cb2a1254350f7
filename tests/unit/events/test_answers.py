"""Which answers are known before the append, and what they may say."""

from dataclasses import replace
from uuid import UUID

import pytest

from libs.events.answers import UNKNOWN, foreseen
from libs.events.commands import Receipt, Respond
from libs.events.store import ANY, EXISTS, NO_STREAM, Append, Expected
from libs.events.testing.store_suite import META, Counted

IDS = [UUID(int=1), UUID(int=2)]
POSITION_OR_XID: list[Respond] = [
    lambda receipt: b"%d" % receipt.position,
    lambda receipt: b"%d" % receipt.xid,
    lambda receipt: repr(receipt).encode(),
    lambda receipt: str(replace(receipt, version=7)).encode(),
]


def _append(expected: Expected) -> Append:
    return Append(UUID(int=9), expected, [Counted(1), Counted(2)], META)


def _says(receipt: Receipt) -> bytes:
    return b"%d %d %r" % (receipt.version, len(receipt.event_ids), receipt.replayed)


@pytest.mark.parametrize(("expected", "version"), [(NO_STREAM, 2), (5, 7)])
def test_version_and_ids_are_known_beforehand(expected: Expected, version: int) -> None:
    assert foreseen(_append(expected), IDS, _says) == b"%d 2 None" % version


@pytest.mark.parametrize("respond", POSITION_OR_XID)
def test_position_and_transaction_are_not(respond: Respond) -> None:
    assert foreseen(_append(5), IDS, respond) is UNKNOWN


@pytest.mark.parametrize("expected", [ANY, EXISTS])
def test_no_version_is_known_where_none_is_expected(expected: Expected) -> None:
    assert foreseen(_append(expected), IDS, _says) is UNKNOWN


def test_what_changes_nothing_is_answered_by_what_lies_there() -> None:
    assert foreseen(replace(_append(5), events=[]), [], _says) is UNKNOWN


def test_no_answer_is_asked_for() -> None:
    assert foreseen(_append(5), IDS, None) is None
