"""Answers known before the append: a command whose answer names no position is one statement instead of four.

What an answer says of its events, their version and their ids, is known as soon as the expected version is exact: the
append is refused when the stream has another. Only position and transaction are the server's word. So the answer is
made from a receipt that holds the first and refuses to tell the second; one that asks is made after it.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from libs.events.commands import Receipt, Respond
from libs.events.store import Append, expected_code


class _OnlyTheServerKnows(Exception):
    """The answer names what is drawn by the append."""


class _Foreseen(Receipt):
    """The receipt as it will be, without position and transaction."""

    __slots__ = ()

    def __init__(self, version: int, event_ids: Sequence[UUID]) -> None:
        object.__setattr__(self, "version", version)
        object.__setattr__(self, "event_ids", tuple(event_ids))
        object.__setattr__(self, "replayed", None)

    @property
    def position(self) -> int:
        raise _OnlyTheServerKnows

    @property
    def xid(self) -> int:
        raise _OnlyTheServerKnows


class Unknown:
    """There is no answer yet."""


UNKNOWN: Final = Unknown()


def foreseen(append: Append, ids: Sequence[UUID], respond: Respond | None) -> bytes | Unknown | None:
    """The bytes to store with the append, None for a command without an answer, UNKNOWN where only the append tells."""
    if respond is None:
        return None
    expected = expected_code(append.expected)
    if not ids or expected < 0:
        return UNKNOWN
    try:
        return respond(_Foreseen(expected + len(ids), ids))
    except _OnlyTheServerKnows:
        return UNKNOWN
