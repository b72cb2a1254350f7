"""Every error that libs/service and libs/access raise themselves is told in both languages or raised in Chinese."""

import re
from pathlib import Path

import pytest

from libs.service.wording import DETAILS, TITLES, VALIDATION, detail_of, title_of, validation_of

ROOT = Path(__file__).resolve().parents[3]
RAISED = re.compile(r'(?:raise|return) \w+\(\s*"([a-z]+\.[a-z_]+)",\s*f?"([^"]*)"')
SOURCES = [path for folder in ("service", "access") for path in (ROOT / "libs" / folder).glob("*.py")]


def raised() -> dict[str, str]:
    return {code: text for path in SOURCES for code, text in RAISED.findall(path.read_text(encoding="utf-8"))}


def test_codes_are_found() -> None:
    assert {"access.unauthenticated", "common.empty_file", "paging.cursor_bad"} <= set(raised())


def test_no_error_is_told_in_english_only() -> None:
    chinese = re.compile("[\u4e00-\u9fff]")
    assert [code for code, text in raised().items() if code not in DETAILS and not chinese.search(text)] == []


@pytest.mark.parametrize("table", [TITLES, DETAILS, VALIDATION])
def test_every_entry_has_both_languages(table: dict[object, tuple[str, str]]) -> None:
    assert all(re.search("[\u4e00-\u9fff]", chinese) and english.isascii() for chinese, english in table.values())


def test_what_is_not_in_the_tables_keeps_its_own_words() -> None:
    assert detail_of("training.full", "en", "课程已满") == "课程已满"
    assert validation_of("string_too_short", "zh", "too short") == "too short"
    assert title_of(418, "en") == "Bad request"
    assert title_of(599, "zh") == "服务器内部错误"
