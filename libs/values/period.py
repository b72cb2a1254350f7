"""A period of a report: a year, a quarter or a month of it. Written `2017`, `2017-Q2`, `2017-05`."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

from libs.values.errors import Invalid

EARLIEST, LATEST = 1900, 2999
_FORM: Final = re.compile(r"([0-9]{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both inclusive; `text` as it was written."""

    text: str
    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> "Period":
        """The written form. Raises Invalid `period.bad_form`."""
        found = _FORM.fullmatch(text)
        year = int(found[1]) if found else 0
        if found is None or not EARLIEST <= year <= LATEST:
            raise Invalid(
                "period.bad_form",
                f"期间“{text[:20]}”不正确，应为2017、2017-Q2或2017-05",
                field="period",
                value=text[:20],
                rule="一年、一个季度或一个月",
                right="2017-Q2",
            )
        quarter, month = found[2], found[3]
        begin = 3 * int(quarter) - 2 if quarter else int(month or 1)
        end = begin + 2 if quarter else int(month or 12)
        return cls(text, date(year, begin, 1), date(year, end, monthrange(year, end)[1]))
