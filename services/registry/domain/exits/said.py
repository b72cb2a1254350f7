"""How offices write the time of an exit or return: a day, a month, a year, or an interval between two days."""

import re
from typing import Final

from libs.values.errors import Invalid
from libs.values.texts import folded
from libs.values.valid_date import ValidDate

RIGHT: Final = "2016-12-31、2016年12月、2016年，或2016-12-31至2021-12-31"
_PART: Final = r"([0-9]{4})(?:[-./年]([0-9]{1,2})(?:[-./月]([0-9]{1,2})日?|月)?|年度?)?"
_ONE: Final = re.compile(_PART, re.ASCII)
_TWO: Final = re.compile(f"{_PART}(?:至|到|~|——|—|--)(?:{_PART})", re.ASCII)


def read_when(text: str) -> ValidDate | None:
    """The written time; None where it cannot be read, or can be read in two ways (03/04/2016)."""
    written = folded(text)
    one, two = _ONE.fullmatch(written), _TWO.fullmatch(written)
    try:
        if one is not None:
            return ValidDate.parse(_iso(*one.groups()))
        if two is not None:
            groups = two.groups()
            return ValidDate.parse(f"{_iso(*groups[:3])}/{_iso(*groups[3:])}")
    except Invalid:
        return None
    return None


def _iso(year: str, month: str | None, day: str | None) -> str:
    return "-".join([year, *(part.zfill(2) for part in (month, day) if part)])
