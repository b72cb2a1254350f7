"""Money: integer fen in code, yuan on screen."""

import re
from decimal import Decimal, InvalidOperation

from libs.values.errors import Invalid

MAX_FEN = 9_223_372_036_854_775_807
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def fen_of_yuan(yuan: str | int | Decimal) -> int:
    """`"2951.99"` → 295199. Raises Invalid `money.bad_amount` for anything but at most two decimals."""
    text = str(yuan)
    if not _PLAIN.fullmatch(text):
        raise _bad(text)
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:  # pragma: no cover - the pattern above leaves nothing else
        raise _bad(text) from None
    if fen != fen.to_integral_value() or abs(fen) > MAX_FEN:
        raise _bad(text)
    return int(fen)


def yuan_of_fen(fen: int) -> str:
    """295199 → `"2951.99"`, 280000 → `"2800"`: decimals only where there are any."""
    whole, rest = divmod(abs(fen), 100)
    sign = "-" if fen < 0 else ""
    return f"{sign}{whole}.{rest:02d}" if rest else f"{sign}{whole}"


def _bad(text: str) -> Invalid:
    return Invalid(
        "money.bad_amount",
        f"金额“{text[:30]}”不正确，应为元，最多两位小数，如2951.99",
        field="amount",
        value=text[:30],
        rule="元，最多两位小数",
        right="2951.99",
    )
