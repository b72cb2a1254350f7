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
$bin/coverage erase
step 'tests' $bin/pytest -n 2 --dist loadfile --cov --cov-report= --durations=15
step 'coverage' $bin/python scripts/covered.py
