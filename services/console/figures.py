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


def yuan(value: int | None) -> str:
    """Fen as yuan: 285501 → 2,855.01; nothing for None."""
    return "" if value is None else f"{'-' if value < 0 else ''}{abs(value) // 100:,}.{abs(value) % 100:02}"


def fen(written: object) -> int | str:
    """Yuan as written, in fen; what is no amount goes on as it is, to be refused with its rule."""
    text = str(written or "").strip()
    whole, _, rest = text.removeprefix("-").partition(".")
    good = whole.isascii() and whole.isdecimal() and len(rest) <= 2 and (not rest or rest.isdecimal())
    amount = int(whole) * 100 + int(rest.ljust(2, "0") or 0) if good else 0
    return (-amount if text.startswith("-") else amount) if good else text
