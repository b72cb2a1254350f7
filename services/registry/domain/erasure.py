"""Whether a woman's personal data may be destroyed now, or must be kept: one decision with its source.

Personal Information Protection Law (PIPL). Art. 47: delete when the purpose is reached or cannot be, the period is
over, consent is withdrawn, or the processing was against the law; where a law's period of keeping is not over, do
nothing with the data but keep and protect them. Art. 13 (3) and 35: what a state organ does by lawful duty needs no
consent, so withdrawing it ends nothing while the duty lasts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

from libs.values.errors import Conflict
from services.registry.domain.words import Status

Reason: TypeAlias = Literal["request", "consent_withdrawn", "purpose_reached", "period_over", "unlawful"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
SOURCE: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        "request": "个人信息保护法 第四十七条（本人请求）",
        "consent_withdrawn": "个人信息保护法 第四十七条第一款第（三）项（撤回同意）",
        "purpose_reached": "个人信息保护法 第四十七条第一款第（一）项（处理目的已实现或无法实现）",
        "period_over": "个人信息保护法 第四十七条第一款第（二）项（保存期限已届满）",
        "unlawful": "个人信息保护法 第四十七条第一款第（四）项（违法处理）",
    }
)


@dataclass(frozen=True, slots=True)
class Duty:
    """What must be kept here: everybody's data until `keep_until`, a day set for an audit or an archive."""

    keep_until: date | None = None


def check(status: Status, reason: Reason, today: date, duty: Duty) -> None:
    """Raises Conflict while a duty to keep lasts; data held against the law are destroyed in every state.

    `status` is that of her surviving record.
    """
    if reason == "unlawful":
        return
    if status != "exited":
        raise Conflict(
            "registry.erasure_still_registered",
            f"She is registered as poor ({status}) and assisted by lawful duty; her data are needed for it.",
            field="reason",
            value=reason,
            rule="个人信息保护法 第十三条第一款第（三）项、第三十五条：为履行法定职责所必需",
            right="report her exit first; for data that may never have been held give the reason `unlawful`",
        )
    if duty.keep_until is not None and today < duty.keep_until:
        raise Conflict(
            "registry.erasure_kept_by_law",
            f"Data are kept here until {duty.keep_until}: until then they may only be stored and protected.",
            field="reason",
            value=reason,
            rule="个人信息保护法 第四十七条第二款：法定保存期限未届满",
            right=f"ask again from {duty.keep_until} on",
        )
