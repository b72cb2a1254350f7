"""The limit on sizes bites."""

from pathlib import Path

from scripts.sizes import LONGEST_FILE, LONGEST_FUNCTION, too_long


def test_a_file_over_the_limit_is_named() -> None:
    assert list(too_long(Path("long.py"), "x = 1\n" * (LONGEST_FILE + 1))) == ["long.py: 401 lines, at most 400"]


def test_a_function_over_the_limit_is_named() -> None:
    text = "def long():\n" + "    x = 1\n" * LONGEST_FUNCTION
    assert list(too_long(Path("f.py"), text)) == ["f.py:1 long: 61 lines, at most 60"]


def test_code_within_the_limits_passes() -> None:
    assert list(too_long(Path("f.py"), "def short():\n    return 1\n")) == []
