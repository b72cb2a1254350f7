"""Names of people: kept as written, compared without what typing adds, and by sound where a person decides."""

import unicodedata
from functools import lru_cache

from libs.values.texts import narrowed, without_blanks, without_invisible

# U+00B7 is the form of the ID card; the others are what keyboards and old exports give instead.
MIDDLE_DOT = "·"
DOT_VARIANTS = frozenset("•‧∙⋅・･．.●▪")
MAX_LENGTH = 50
_DOTS = {ord(dot): MIDDLE_DOT for dot in DOT_VARIANTS}
_COMMON_HAN = (0x4E00, 0x9FA5)  # what GB 2312 and GBK hold; older systems fail on the rest


def normalised(name: str) -> str:
    """Blanks and invisible characters out, dot variants as `·`; rare characters byte-exact.

    `'唐 秀兰'` → `'唐秀兰'`, `'古丽仙•吐尔逊'` → `'古丽仙·吐尔逊'`.
    """
    return without_blanks(without_invisible(name)).translate(_DOTS)


def has_middle_dot(name: str) -> bool:
    """Whether the name is written with a dot between its parts."""
    return MIDDLE_DOT in name


def has_dot_variant(name: str) -> bool:
    """Whether a look-alike stands where `·` belongs."""
    return not DOT_VARIANTS.isdisjoint(name)


def rare_characters(name: str) -> bool:
    """Whether it holds ideographs outside the common block (extension A, B … or compatibility)."""
    return any(
        unicodedata.category(char) == "Lo" and not _COMMON_HAN[0] <= ord(char) <= _COMMON_HAN[1] for char in name
    )


@lru_cache(maxsize=65_536)
def sound(name: str) -> str:
    """Toneless pinyin of the normalised name: `秀兰` and `秀蓝` give the same key."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - its tables take a tenth of a start and few ask for a sound

    return " ".join(lazy_pinyin(normalised(narrowed(name)), style=Style.NORMAL, errors=lambda rest: rest))


def sounds_like(one: str, other: str) -> bool:
    """Whether two names are read alike (or are the same)."""
    return sound(one) == sound(other)
