"""Masked forms of personal values: enough for a colleague to recognise, too little to find the person by."""

from typing import Final

STAR: Final = "*"


def mask_name(name: str) -> str:
    """杨芳 → 杨*, 杨秀英 → 杨**; longer names show two stars too, so that their length says nothing."""
    text = name.strip()
    if len(text) < 2:
        return STAR * len(text)
    return text[0] + STAR * min(len(text) - 1, 2)


def mask_resident_id(number: str) -> str:
    """First 3 and last 4: 522***********0026, the form of public notices (公示)."""
    return keep(number, 3, 4)


def mask_resident_id_short(number: str) -> str:
    """First 2 and last 3: 52*************026, where notices ask for less."""
    return keep(number, 2, 3)


def mask_phone(number: str) -> str:
    """First 3 and last 4: 139****0026."""
    return keep(number, 3, 4)


def keep(text: str, first: int, last: int) -> str:
    """Stars between the first and last characters; all stars when too little would stay hidden."""
    clean = text.strip()
    hidden = len(clean) - first - last
    if hidden < 4:
        return STAR * len(clean)
    return clean[:first] + STAR * hidden + clean[len(clean) - last :]
