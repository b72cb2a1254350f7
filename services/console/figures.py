"""How numbers, days and moments are written on pages: thousands apart, local days, Beijing time."""

from datetime import datetime
from zoneinfo import ZoneInfo

_LOCAL = ZoneInfo("Asia/Shanghai")


def number(value: int | float | None) -> str:
    """1234 → 1,234; nothing for None."""
    return "" if value is None else f"{value:,}"


def day(value: str | None) -> str:
    """A valid date as it was recorded; an interval with an en dash."""
    return (value or "").replace("/", " – ")


def moment(value: str | None) -> str:
    """An instant in Beijing time, to the minute."""
    if not value:
        return ""
    return datetime.fromisoformat(value).astimezone(_LOCAL).strftime("%Y-%m-%d %H:%M")
