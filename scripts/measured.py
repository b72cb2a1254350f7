"""Notes which lines and branches the tests run: a plugin that check.sh names, loaded by each worker before the code is.

Marks in the bytecode say it, and go once they are seen. A tracer, which Python 3.11 calls for every line of every
library too, took as long as the tests themselves.
"""

import json
import os
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from slipcover import FileMatcher, Slipcover
from slipcover.importer import SlipcoverMetaPathFinder

PARTS = ("jinguo", "libs", "services")
FOLDER = "JINGUO_TEST_MEASURED"  # where each process leaves a file of what it saw


class OurModules(SlipcoverMetaPathFinder):
    """Finds modules of the product only; those of the tests are pytest's, and it finds them in a way of its own."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """See importlib.abc.MetaPathFinder."""
        return super().find_spec(fullname, path, target) if fullname.partition(".")[0] in PARTS else None


_seen = Slipcover(branch=True)
sys.meta_path.insert(0, OurModules(_seen, FileMatcher(sources=PARTS)))


def pytest_unconfigure() -> None:
    """Leave what was seen to covered.py."""
    (Path(os.environ[FOLDER]) / f"{os.getpid()}.json").write_text(json.dumps(_seen.get_coverage()))
