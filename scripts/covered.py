"""Refuses less coverage than each part's floor, branches counted, by what measured.py left in a folder."""

import json
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from slipcover import Slipcover, merge_coverage

from scripts.measured import PARTS

FLOORS = {  # percent of statements and branches
    "libs/events": 97,
    "libs/values": 97,
    "services/*/domain": 95,
    "": 88,
}
SEEN, MISSED = ("executed_lines", "executed_branches"), ("missing_lines", "missing_branches")


def merged(folder: Path) -> dict[str, Any]:
    """By file, what any worker saw and what none did; files that none imported count, too."""
    whole = Slipcover(branch=True, source=list(PARTS)).get_coverage()
    for path in folder.glob("*.json"):
        merge_coverage(whole, json.loads(path.read_text()))
    files: dict[str, Any] = whole["files"]
    return files


def percent(files: dict[str, Any], part: str) -> float:
    """Covered of all files below `part`."""
    below = [found for name, found in files.items() if fnmatch(name, f"{part}/*" if part else "*")]
    seen, missed = (sum(len(found[kind]) for found in below for kind in kinds) for kinds in (SEEN, MISSED))
    return 100 * seen / (seen + missed)


def main(folder: Path) -> int:
    files, short = merged(folder), False
    for part, floor in FLOORS.items():
        reached = percent(files, part)
        ok = reached >= floor
        short = short or not ok
        print(f"coverage {part or 'all'}: {reached:.1f} % (floor {floor} %) {'ok' if ok else 'SHORT'}")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
