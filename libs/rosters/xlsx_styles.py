"""Which number formats of a workbook are dates, and what day a serial number is."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from xml.parsers import expat

_BUILT_IN = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_DATE_LETTERS = re.compile(r"[yYdD年月日]|m{1,4}[/\-.]")
_EPOCH_1900 = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)
_LAST_SERIAL = 200_000  # the year 2447


@dataclass(frozen=True, slots=True)
class Styles:
    """`dates` holds the style indexes (as written in the cells) whose number format is a date."""

    dates: frozenset[str]
    epoch: date

    def day(self, style: str, serial: float) -> date | None:
        """The day, when the cell's format says it is one and the number can be."""
        if style not in self.dates or not 1 <= serial < _LAST_SERIAL:
            return None
        return self.epoch + timedelta(days=int(serial))


def read_styles(data: bytes, new_parser: Callable[[], expat.XMLParserType], *, epoch_1904: bool) -> Styles:
    """From xl/styles.xml, which may be missing."""
    custom: dict[str, str] = {}
    formats: list[str] = []
    inside: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        inside.append(tag)
        if tag == "numFmt":
            custom[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "xf" and "cellXfs" in inside:
            formats.append(attributes.get("numFmtId", "0"))

    def end(_: str) -> None:
        inside.pop()

    if data:
        parser = new_parser()
        parser.StartElementHandler, parser.EndElementHandler = start, end
        try:
            parser.Parse(data, True)
        except expat.ExpatError:
            formats.clear()
    dates = frozenset(str(index) for index, code in enumerate(formats) if _is_date(code, custom.get(code)))
    return Styles(dates, _EPOCH_1904 if epoch_1904 else _EPOCH_1900)


def _is_date(code: str, pattern: str | None) -> bool:
    if pattern is not None:
        return _DATE_LETTERS.search(_QUOTED.sub("", pattern)) is not None
    return code.isdecimal() and int(code) in _BUILT_IN
