"""Refuses files over 400 lines and functions over 60 lines in our own code."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
ROOT = Path(__file__).resolve().parents[1]


def too_long(path: Path, text: str) -> Iterator[str]:
    """Messages for one source file."""
    lines = text.count("\n")
    if lines > LONGEST_FILE:
        yield f"{path}: {lines} lines, at most {LONGEST_FILE}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{path}:{node.lineno} {node.name}: {length} lines, at most {LONGEST_FUNCTION}"


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = [
        message
        for name in listed.stdout.split()
        if (ROOT / name).exists()
        for message in too_long(Path(name), (ROOT / name).read_text(encoding="utf-8"))
    ]
    print("\n".join(found) or "sizes: every file and function is within its limit")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
