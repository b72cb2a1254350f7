"""Every error that a service raises is told in both languages, by its own words or those of the tables."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.service.wording import DETAILS, TITLES, VALIDATION, detail_of, title_of, validation_of
from libs.service.wording_of_services import CHINESE, ENGLISH
from libs.values import errors

ROOT = Path(__file__).resolve().parents[3]
CODE = re.compile(r"[a-z_]+\.[a-z0-9_]+")
SPOKEN = re.compile("[\u4e00-\u9fff]")
KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {
    "Malformed", "BadParameter", "PreconditionRequired", "plain_problem", "_wrong",
}  # fmt: skip
FOLDERS = ("libs/service", "libs/access", "libs/feeds", "libs/values", "libs/rosters", "services")


def raised() -> Iterator[tuple[str, str | None]]:
    """Code and own words (None: made elsewhere) of every error in the code of services and of what they share."""
    for path in (each for folder in FOLDERS for each in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from _told(node)


def _told(call: ast.Call) -> Iterator[tuple[str, str | None]]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = [each.value if isinstance(each, ast.Constant) else each for each in call.args]
    if name == "refusal" and isinstance(given[1], str):  # of a file; its own words are Chinese
        yield f"roster.{given[1]}", None
    elif name in KINDS and given and isinstance(given[0], str) and CODE.fullmatch(given[0]):
        words = given[1] if len(given) > 1 and name != "_wrong" else None
        yield (
            given[0],
            ast.unparse(words) if isinstance(words, ast.JoinedStr) else words if isinstance(words, str) else None,
        )


def test_codes_are_found() -> None:
    codes = {code for code, _ in raised()}
    assert {
        "access.unauthenticated",
        "common.empty_file",
        "paging.cursor_bad",
        "exits.not_now",
        "roster.damaged",
    } <= codes
    assert len(codes) > 180


def test_every_error_of_a_service_is_told_in_english() -> None:
    english = {code for code, text in raised() if text is not None and not SPOKEN.search(text)}
    assert sorted({code for code, _ in raised()} - english - set(DETAILS) - set(ENGLISH)) == []


def test_every_error_of_a_service_is_told_in_chinese() -> None:
    mute = {code for code, text in raised() if text is not None and not SPOKEN.search(text)}
    assert sorted(mute - set(DETAILS) - set(CHINESE)) == []


def test_no_words_are_kept_for_errors_that_nobody_raises() -> None:
    codes = {code for code, _ in raised()}
    assert sorted((set(ENGLISH) | set(CHINESE)) - codes - {"training.bad_period"}) == []


def test_an_error_keeps_its_own_words_and_gets_the_others() -> None:
    own = "该程序现处于“公示”，不能“核实”"
    assert detail_of("exits.not_now", "zh", own) == own
    assert detail_of("exits.not_now", "en", own).isascii()
    assert detail_of("registry.not_left", "zh", "She has not left.") == CHINESE["registry.not_left"]
    assert detail_of("registry.not_left", "en", "She has not left.") == "She has not left."


@pytest.mark.parametrize("table", [ENGLISH, CHINESE])
def test_every_entry_of_one_language_is_in_it(table: dict[str, str]) -> None:
    assert all(text.isascii() == (table is ENGLISH) for text in table.values())


@pytest.mark.parametrize("table", [TITLES, DETAILS, VALIDATION])
def test_every_entry_has_both_languages(table: dict[object, tuple[str, str]]) -> None:
    assert all(re.search("[\u4e00-\u9fff]", chinese) and english.isascii() for chinese, english in table.values())


def test_what_is_not_in_the_tables_keeps_its_own_words() -> None:
    assert detail_of("training.full", "en", "课程已满") == "课程已满"
    assert validation_of("string_too_short", "zh", "too short") == "too short"
    assert title_of(418, "en") == "Bad request"
    assert title_of(599, "zh") == "服务器内部错误"
