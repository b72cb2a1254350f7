"""Runs the measurements of every bench module, or the one named: `python -m bench [NAME]`.

One line a figure: `bench NAME: VALUE UNIT (goal ≥ GOAL) ok` or `SHORT`. Each module has CASES, a mapping of
names to async functions that return such lines (see bench.figure).
"""

import asyncio
import importlib
import pkgutil
import sys
from collections.abc import Awaitable, Callable

import bench

Case = Callable[[], Awaitable[list[str]]]


def cases() -> dict[str, Case]:
    """Every measurement of this folder by name."""
    found: dict[str, Case] = {}
    for module in pkgutil.iter_modules(bench.__path__):
        if not module.name.startswith("_"):
            found.update(getattr(importlib.import_module(f"bench.{module.name}"), "CASES", {}))
    return found


async def main(names: list[str]) -> int:
    known = cases()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"bench: no case {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
        return 2
    for name in names or sorted(known):
        for line in await known[name]():
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main([name for name in sys.argv[1:] if name])))
