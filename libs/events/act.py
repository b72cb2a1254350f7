"""The act that a transaction belongs to, told to the database with its events, for triggers that note who did what.

The kernel passes it on and reads nothing of it: the setting `jinguo.act` holds it, as JSON, until the transaction ends.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import orjson

SETTING = "jinguo.act"
_current: "ContextVar[Act | None]" = ContextVar("jinguo_act", default=None)


class Act:
    """What somebody does: `facts` are read at each write, because they are known step by step."""

    def __init__(self, facts: Callable[[], Mapping[str, str | None]]) -> None:
        """`facts` by name; None for what is not known."""
        self.facts = facts
        self.written = False
        """Whether something was written under it."""

    def told(self) -> str:
        """The facts as JSON, and from now on something is written."""
        self.written = True
        return orjson.dumps({name: value for name, value in self.facts().items() if value is not None}).decode()


def current_act() -> Act | None:
    """The act of this request or job, if it is one."""
    return _current.get()


@contextmanager
def acting(act: Act) -> Iterator[None]:
    """Make it the act of whatever runs because of it, its jobs too."""
    token = _current.set(act)
    try:
        yield
    finally:
        _current.reset(token)


def telling(sql: str, first: str) -> str:
    """The call `SELECT o_… FROM function($1,…)` that tells the act, its last argument, in the same round trip.

    `first` is the type of $1. The function is handed an argument that hangs on the setting, so that it cannot be called
    before the setting is made.
    """
    columns, called = sql.removeprefix("SELECT ").split(" FROM ", 1)
    count = called.count("$")
    called = called.replace("$1,", f"CASE WHEN act.told IS NOT NULL THEN $1::{first} END,", 1)
    return (
        f"WITH act AS MATERIALIZED (SELECT set_config('{SETTING}', ${count + 1}, true) AS told) "  # noqa: S608
        f"SELECT {columns.replace('o_', 'done.o_')} FROM act, LATERAL {called} AS done"
    )
