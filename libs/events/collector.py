"""The cycle collector held still while many objects are made that hold no cycles: rows, events, tallies.

It looks at all of them again and again, which took two thirds of a rebuild's time; reference counts free them anyway.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MIDDLE: Final = 1  # generation


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
    """Free the cycles among the younger objects: once for each page of work that takes long while it is held still."""
    gc.collect(MIDDLE)
