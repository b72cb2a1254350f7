"""Which services publish, and the types of their events, by the contracts themselves."""

import importlib
import pkgutil
from functools import cache
from typing import Final

from libs.events import contracts
from libs.events.contract import Contract

TOPICS: Final = tuple(sorted(each.name for each in pkgutil.iter_modules(contracts.__path__) if not each.ispkg))


@cache
def contracts_of(topic: str) -> tuple[type[Contract], ...]:
    """The contracts of a topic."""
    module = importlib.import_module(f"{contracts.__name__}.{topic}")
    found = (each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Contract))
    return tuple(each for each in found if each is not Contract)


def types_of(topic: str) -> frozenset[str]:
    """All types that a topic may hold, e.g. `training.course-opened.v1`."""
    return frozenset(each.type for each in contracts_of(topic))


@cache
def all_types() -> frozenset[str]:
    """The types of every topic: what an agreement may name."""
    return frozenset[str]().union(*map(types_of, TOPICS))
