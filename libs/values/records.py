"""Frozen records as plain values, for rows of tables and for pipes: `dataclasses.astuple` copies each value deeply, and
a frozen record with slots is pickled field by field by name, which takes several times as long.
"""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def values_of(cls: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Gets the values of a record of this class (two fields at least) in the order of its fields, as they are."""
    getter: Callable[[Any], tuple[Any, ...]] = attrgetter(*(each.name for each in fields(cls)))
    return getter


def sent_by_values(cls: type[T]) -> type[T]:
    """Decorates a dataclass whose records are sent to other processes in great numbers."""
    values = values_of(cls)

    def made_of(record: T) -> tuple[type[T], tuple[Any, ...]]:
        return cls, values(record)

    cls.__reduce__ = made_of  # type: ignore[assignment, method-assign]
    return cls
