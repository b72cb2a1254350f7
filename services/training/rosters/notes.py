"""What a roster says about its class above the table: organiser, place, topic, first and last day, days."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from libs.rosters.sheet import Sheet
from libs.values.errors import Invalid
from libs.values.texts import narrowed, trimmed

_KEYS = {
    "organiser": ("培训机构", "主办单位", "举办单位", "承办单位", "组织单位", "培训单位"),
    "place": ("培训地点", "培训地址", "地点"),
    "period": ("培训时间", "培训日期", "开班时间", "日期", "时间"),
    "trade": ("培训内容", "培训工种", "培训项目", "培训专业", "培训主题"),
}
_WORDS = "|".join(sorted((word for words in _KEYS.values() for word in words), key=len, reverse=True))
_PAIR = re.compile(rf"({_WORDS})\s*[:：]\s*(.*?)(?=\s*(?:{_WORDS})\s*[:：]|\s{{3,}}|$)", re.MULTILINE)
_PERIOD = re.compile(
    r"([0-9]{4})[年./-]([0-9]{1,2})[月./-]([0-9]{1,2})日?"
    r"(?:\s*[—–─~～至到-]+\s*(?:([0-9]{4})[年./-])?(?:([0-9]{1,2})[月./-])?([0-9]{1,2})日?)?"
)
_DAYS = re.compile(r"([0-9]{1,3})\s*天")
_TITLE_END = re.compile(r"(学员)?(花名册|签到表|签到册|名册|名单|登记表|台账)$")
_RIGHT = "培训时间：2017年5月8日—5月17日（10天，80课时）"


@dataclass(frozen=True, slots=True)
class ClassNotes:
    """`days` is None where the lines do not say how many; `organiser` is empty where they name none."""

    title: str
    organiser: str
    place: str | None
    trade: str
    first_day: date
    last_day: date
    days: int | None


def read_notes(sheet: Sheet, trades: Iterable[str]) -> ClassNotes:
    """From the lines above the header; the trade also from the column of the rows, else from the title.

    Raises Invalid `training.no_period` or `training.bad_period` naming the file, the sheet and the right form.
    """
    lines = [text for _, text in sheet.preface]
    said: dict[str, str] = {}
    for line in lines:
        for word, value in _PAIR.findall(line):
            key = next(key for key, words in _KEYS.items() if word in words)
            said.setdefault(key, trimmed(value))
    title = _TITLE_END.sub("", trimmed(sheet.title))
    first, last, days = _period(sheet, said.get("period") or "\n".join(lines))
    common = Counter(trade for trade in trades if trade).most_common(1)
    trade = said.get("trade") or (common[0][0] if common else title)
    return ClassNotes(title, said.get("organiser", ""), said.get("place") or None, trade, first, last, days)


def _period(sheet: Sheet, text: str) -> tuple[date, date, int | None]:
    plain = narrowed(text)
    found = _PERIOD.search(plain)
    if found is None:
        raise _refused(sheet, "no_period", "表头上方没有写明培训时间")
    year, month, day, last_year, last_month, last_day = found.groups()
    try:
        first = date(int(year), int(month), int(day))
        last = date(int(last_year or year), int(last_month or month), int(last_day)) if last_day else first
    except ValueError:
        raise _refused(sheet, "bad_period", f"培训时间“{found.group()}”不是真实的日期") from None
    if last < first:
        raise _refused(sheet, "bad_period", f"培训时间“{found.group()}”的结束早于开始")
    said = _DAYS.search(plain, found.end())
    return first, last, int(said.group(1)) if said and int(said.group(1)) > 0 else None


def _refused(sheet: Sheet, code: str, what: str) -> Invalid:
    return Invalid(
        f"training.{code}",
        f"文件“{sheet.file}”工作表“{sheet.name}”：{what}，应写成“{_RIGHT}”",
        field="培训时间",
        rule="培训时间写明起止年月日",
        right=_RIGHT,
    )
