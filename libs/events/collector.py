"""The cycle collector held still while many objects are made that hold no cycles: rows, events, tallies.

It looks at all of them again and again, which took two thirds of a rebuild's time; reference counts free them anyway.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MIDDLE: Final = 1  # generation
MANY: Final = 200_000  # objects that were made since the last sweep and are still there: several pages of rows


@contextmanager
def paused() -> Iterator[None]:
    """For a stretch of work that ends. Of two that overlap, the first to end lets it go on: slower, never wrong."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def swept() -> None:
    """Free the cycles among the younger objects if there may be many: to be called now and then while it is paused."""
    if gc.get_count()[0] > MANY:
        gc.collect(MIDDLE)


def settled() -> None:
    """What a process holds once it has started stays until its end: later collections leave it out.

    Else each full one looks at all modules, classes and schemas again, and every request waits a tenth of a second.
    """
    gc.collect()
    gc.freeze()
