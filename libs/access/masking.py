"""Masked forms of personal values, in three presets: 公示 for a notice, 内部 for colleagues, 导出 in clear.

Enough for a colleague to recognise, too little to find the person by. `preset_of` is the one place that says which
preset a caller gets for which purpose; the widths follow orders of governments for their own sites (see policy notes).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from libs.access.principal import Principal
from libs.access.rules import POLICY
from libs.values.errors import Invalid

STAR: Final = "*"
SHORTEST_REASON: Final = 5
LONGEST_REASON: Final = 200
CODES: Final = tuple(name for name in POLICY.purposes if name not in {"notice", "other"})
"""Purposes that say by themselves why a person is read in clear; `notice` never is, `other` says nothing."""
Mask = Callable[[str], str]
Preset = Mapping[str, Mask]


def mask_name(name: str) -> str:
    """杨芳 → 杨*, 杨秀英 → 杨*: the first character stays and the length is not told."""
    text = name.strip()
    return text[0] + STAR if len(text) > 1 else STAR * len(text)


def keep(text: str, first: int, last: int) -> str:
    """Stars between the first and last characters; all stars when too little would stay hidden."""
    clean = text.strip()
    hidden = len(clean) - first - last
    if hidden < 4:
        return STAR * len(clean)
    return clean[:first] + STAR * hidden + clean[len(clean) - last :]


def mask_phone(number: str) -> str:
    """First 3 and last 4: 139****0026."""
    return keep(number, 3, 4)


def mask_resident_id(number: str) -> str:
    """First 3 and last 4: 522***********0026."""
    return keep(number, 3, 4)


def mask_resident_id_for_notice(number: str) -> str:
    """First 2 and last 3: 52*************026; a number masked already is only masked more."""
    return keep(number, 2, 3)


def mask_code(code: str) -> str:
    """The last 3 of a household's number: enough to tell two on one page apart."""
    return keep(code, 0, 3)


def nothing(_text: str) -> str:
    """What a notice does not show at all."""
    return ""


def clear(text: str) -> str:
    """As it is."""
    return text


NOTICE: Final[Preset] = MappingProxyType(
    {
        "name": mask_name,
        "resident_id": mask_resident_id_for_notice,
        "phone": mask_phone,
        "code": mask_code,
        "hamlet": nothing,
        "village": nothing,
    }
)
"""公示: addresses end at the village, health facts are never in it (class `health` of policy.toml)."""
INTERNAL: Final[Preset] = MappingProxyType(
    {
        "name": mask_name,
        "resident_id": mask_resident_id,
        "phone": mask_phone,
        "code": mask_code,
        "hamlet": nothing,
        "village": nothing,
    }
)
"""内部: what colleagues of the unit see by default; where in the village she lives is not in it."""
EXPORT: Final[Preset] = MappingProxyType(dict.fromkeys(INTERNAL, clear))
"""导出: in clear; asks for the scope personal:read and a reason, and is kept in the trail."""


def preset_of(principal: Principal, *, in_clear: bool) -> Preset:
    """The preset of a reading; raises Forbidden without personal:read. A notice is masked once more at the edge."""
    if not in_clear:
        return INTERNAL
    principal.require("personal:read")
    return EXPORT


def check_why(reason: str | None) -> str:
    """Why a person is read in clear: one of CODES, else words; raises Invalid `access.reason_missing`."""
    return reason if reason in CODES else check_reason(reason)


def check_reason(reason: str | None) -> str:
    """Why data leave in clear, in words; raises Invalid `access.reason_missing`."""
    text = (reason or "").strip()
    if len(text) < SHORTEST_REASON or text in POLICY.purposes:
        raise Invalid(
            "access.reason_missing",
            "读取明文须说明理由，并会留下记录。",
            field="reason",
            rule=f"至少{SHORTEST_REASON}个字；“other”须另写理由",
            right="更正被退回的行后重新导入",
        )
    return text
