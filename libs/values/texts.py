"""Text as people type it: full-width forms, invisible characters and blanks, told apart from content."""

import re
import unicodedata
from typing import TypeVar

T = TypeVar("T")

# Zero-width, joiners, soft hyphen, byte-order mark and text-direction marks: never seen, so never content.
INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
# Marks that turn text around on the screen hide what a name or an id really says.
DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
BLANKS = frozenset(" \t\r\n\u00a0\u2002\u2003\u2009\u202f\u3000")

_INVISIBLE = re.compile(f"[{''.join(sorted(INVISIBLE))}]")
_BLANKS = re.compile(f"[{''.join(sorted(BLANKS))}]+")
_RUN = frozenset("=+-@\t\r\n＝＋－＠")  # what spreadsheets take as the beginning of a formula (OWASP: CSV injection)
_EDGES = "".join(sorted(BLANKS))
# Full-width ASCII and the ideographic space only. NFKC as a whole would change rare name characters
# (compatibility ideographs), so text that may be a name goes through this table instead.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def without_invisible(text: str) -> str:
    """Zero-width and soft characters taken out."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def without_blanks(text: str) -> str:
    """Every blank taken out: ASCII, NBSP, ideographic."""
    return _BLANKS.sub("", text)


def trimmed(text: str) -> str:
    """Blanks at both ends taken off."""
    return text.strip(_EDGES)


def narrowed(text: str) -> str:
    """Full-width ASCII (`５２２６Ｘ（`) written half-width; everything else untouched."""
    return text if text.isascii() else text.translate(_NARROW)


def folded(text: str) -> str:
    """NFKC, invisible and blank characters out: for comparing header names and code words, never for storing."""
    if text.isascii():
        return without_blanks(text)
    return without_blanks(without_invisible(unicodedata.normalize("NFKC", text)))


def control_characters(text: str) -> bool:
    """Whether it holds NUL, control or direction-override characters that no name or code may hold."""
    return any(unicodedata.category(char) == "Cc" or char in DIRECTION_OVERRIDES for char in text)


def inert(value: T) -> T | str:
    """A cell of a CSV: text that a spreadsheet would run as a formula gets an apostrophe before it, all else stays."""
    return f"'{value}" if isinstance(value, str) and value[:1] in _RUN else value
