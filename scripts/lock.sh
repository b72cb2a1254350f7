#!/usr/bin/env bash
# Writes the lock: requirements.txt (what the product needs) and requirements-dev.txt (the tools on top of it).
# Every package stands in exactly one of the two, with hashes and without addresses.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() { uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras -q "$@"; }
all=$(mktemp)
trap 'rm -f "$all"' EXIT
lock --extra build --extra dev -o "$all"
lock --extra build -c "$all" -o requirements.txt
{
  echo '-r requirements.txt'
  python3 - "$all" requirements.txt <<'P'
import re, sys
entries = lambda path: re.split(r"(?m)^(?=[a-z0-9])", open(path, encoding="utf-8").read())
runtime = {entry.split("==")[0] for entry in entries(sys.argv[2])}
print("".join(e for e in entries(sys.argv[1]) if e.strip() and e.split("==")[0] not in runtime), end="")
P
} > requirements-dev.txt
