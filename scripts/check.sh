#!/usr/bin/env bash
# Everything that must hold before a change lands; the first failure stops it.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
step() { printf '\n== %s\n' "$1"; shift; "$@"; }
step 'ruff' $bin/ruff check .
step 'format' $bin/ruff format --check .
step 'mypy' $bin/mypy
step 'imports' $bin/lint-imports
step 'sizes' $bin/python scripts/sizes.py
# Where there is memory for it, the databases and folders of the tests lie there: half of the time was the disk's.
place=${TMPDIR:-/tmp}
if [ "$(df --output=avail -m /dev/shm 2>/dev/null | tail -1 || echo 0)" -gt 8000 ]; then place=/dev/shm; fi
TMPDIR=$(mktemp -d "$place/jinguo-XXXXXX")
trap 'rm -rf "$TMPDIR"' EXIT
export TMPDIR PYTEST_PLUGINS=scripts.measured JINGUO_TEST_MEASURED="$TMPDIR/measured"
mkdir "$JINGUO_TEST_MEASURED"
# A thousand seeds take both processors for a minute; beside other tests they took two and a half.
seeds=tests/integration/events/test_simulation.py::test_every_guarantee_holds_under_a_thousand_seeds_of_faults
step 'seeds' $bin/python -m pytest --durations=1 --durations-min=0 $seeds
# Three workers for two processors, since tests of other processes wait for them; long files first, as they are named.
step 'tests' $bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=15 --deselect=$seeds
step 'coverage' $bin/python -m scripts.covered "$JINGUO_TEST_MEASURED"
