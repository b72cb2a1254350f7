"""Refuses less coverage than each part's floor, branches counted."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path(sys.executable).parent
FLOORS = {  # percent of statements and branches
    "libs/events": 97,
    "libs/values": 97,
    "services/*/domain": 95,
    "": 88,
}


def measured(report: Path, part: str) -> float:
    """Percent covered of all files below `part`, from coverage's JSON report."""
    command = [BIN / "coverage", "json", "-q", "-o", report]
    if part:
        command += [f"--include={part}/*"]
    subprocess.run(command, check=True)
    return float(json.loads(report.read_text())["totals"]["percent_covered"])


def main() -> int:
    short = False
    with tempfile.TemporaryDirectory() as folder:
        for part, floor in FLOORS.items():
            percent = measured(Path(folder) / "report.json", part)
            ok = percent >= floor
            short = short or not ok
            print(f"coverage {part or 'all'}: {percent:.1f} % (floor {floor} %) {'ok' if ok else 'SHORT'}")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
