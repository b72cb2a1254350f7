"""Frozen records as values: as they stand, not copied, and whole again on the other side of a pipe."""

import pickle
from dataclasses import dataclass, field

from libs.values.records import sent_by_values, values_of


@sent_by_values
@dataclass(frozen=True, slots=True)
class Line:
    """A record with a hidden field and a default."""

    number: int
    names: list[str] = field(repr=False)
    more: tuple[str, ...] = ()


def test_the_values_are_those_of_the_fields_in_their_order_and_no_copies() -> None:
    line = Line(7, ["one", "two"])
    values = values_of(Line)(line)
    assert values == (7, ["one", "two"], ())
    assert values[1] is line.names


def test_a_record_is_whole_again_on_the_other_side() -> None:
    line = Line(7, ["one"], ("more",))
    assert pickle.loads(pickle.dumps(line)) == line
