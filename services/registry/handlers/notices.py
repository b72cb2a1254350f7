"""The notices of `notices.toml`: what is told of each purpose on a day, in the words that were told."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from libs.values.rule_set import Dated, RuleSet
from services.registry.domain.rights.words import PURPOSES, Purpose, Text

FILE: Final = Path(__file__).with_name("notices.toml")


@dataclass(frozen=True, slots=True)
class Notice:
    """An edition with its words (Chinese)."""

    text: Text
    title: str
    body: str
    first: date


@cache
def notices() -> Mapping[Purpose, RuleSet[Notice]]:
    """Every edition by purpose. Raises ValueError for editions of one purpose that overlap, KeyError for none."""
    lines = tomllib.loads(FILE.read_text("utf-8"))["text"]
    return {purpose: _editions(purpose, [line for line in lines if line["purpose"] == purpose]) for purpose in PURPOSES}


def _editions(purpose: Purpose, lines: list[dict[str, object]]) -> RuleSet[Notice]:
    return RuleSet(f"registry.notice.{purpose}", tuple(_dated(purpose, line) for line in lines))


def _dated(purpose: Purpose, line: dict[str, object]) -> Dated[Notice]:
    text = Text(purpose, str(line["version"]), line["basis"])  # type: ignore[arg-type]
    first, last = line["first"], line.get("last")
    assert isinstance(first, date)
    assert last is None or isinstance(last, date)
    return Dated(Notice(text, str(line["title"]), str(line["body"]), first), first, last, FILE.name)


def notice_on(purpose: Purpose, day: date) -> Notice:
    """The edition that holds on a day. Raises Refused `rule_set.none_in_force` before the first one."""
    return notices()[purpose].on(day).value
