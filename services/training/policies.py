"""The rules of training as values: when a course counts as completed, what a roster may hold."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from libs.values.division import Division
from libs.values.rule_set import RuleSet, always

MAX_ROSTER_ROWS = 20_000
RESOLVE_BATCH = 500  # rows of one question to the registry; it takes at most 1,000
PASSED_RESULTS = frozenset({"合格", "优秀", "良好", "通过", "及格"})


@dataclass(frozen=True, slots=True)
class CompletionRule:
    """Completed = at least `percent` of the planned days attended and, where the class was assessed, passed."""

    percent: int

    def enough_days(self, days: int, planned: int) -> bool:
        """Whether she was there on enough of the days."""
        return days * 100 >= planned * self.percent


COMPLETION: RuleSet[CompletionRule] = always(
    "training.completion", CompletionRule(80), "培训管理通行做法：出勤不少于80%"
)


@dataclass(frozen=True, slots=True)
class HalfDayRule:
    """人天 are whole days: `halves` make one, a half that is left over counts for nothing but for who has no more."""

    halves: int

    def days(self, halves: int) -> int:
        """Whole days of so many halves; who was there at all was there one day (人)."""
        return max(1, halves // self.halves) if halves else 0


HALF_DAY: RuleSet[HalfDayRule] = always(
    "training.half_day", HalfDayRule(2), "培训管理通行做法：两个半天计一天，剩余半天不计，至少到过一次的计一天"
)


@dataclass(frozen=True, slots=True)
class OfferRule:
    """A freed seat is offered to the next of the waiting list for `days`; unanswered it goes to the one after her."""

    days: int


OFFER: RuleSet[OfferRule] = always("training.offer", OfferRule(3), "培训管理通行做法：候补通知三日内答复")


@dataclass(frozen=True, slots=True)
class FollowUpRule:
    """Who completed a course is asked at each of `months` after its last day, at the earliest `early_days` before.

    Who was not reached is tried `tries` times. The worklist shows what falls due within `ahead_days`.
    """

    months: tuple[int, ...]
    early_days: int
    tries: int
    ahead_days: int


FOLLOW_UP: RuleSet[FollowUpRule] = always(
    "training.follow_up", FollowUpRule((3, 6), 30, 3, 30), "培训管理通行做法：结业后3个月、6个月跟踪回访"
)


@dataclass(frozen=True, slots=True)
class CertificateRule:
    """Who passed a course that ended `after_days` ago and has no certificate of it, is on the list."""

    after_days: int


CERTIFICATE: RuleSet[CertificateRule] = always(
    "training.certificate", CertificateRule(30), "培训管理通行做法：结业后30天内发证"
)

# Monthly incomes are told to others as bands, in yuan from the first number on: nobody counts her fen.
INCOME_BANDS: tuple[tuple[int, str], ...] = (
    (0, "under_1000"),
    (1000, "1000_to_1999"),
    (2000, "2000_to_2999"),
    (3000, "3000_to_4999"),
    (5000, "5000_up"),
)


def income_band(fen: int | None) -> str | None:
    """The band of a monthly income in fen; None where none was told."""
    return None if fen is None else next(name for least, name in reversed(INCOME_BANDS) if fen >= least * 100)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, its last day where it is shorter: 11-30 and 3 months are 02-28."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


OrganiserKind: TypeAlias = Literal["government", "federation", "other"]


@dataclass(frozen=True, slots=True)
class ShareRule:
    """Registered women are at least `percent` of the participants in general training of these kinds of organiser."""

    percent: int
    counts: frozenset[OrganiserKind]


SHARE: RuleSet[ShareRule] = always(
    "training.share",
    ShareRule(40, frozenset({"government", "federation", "other"})),
    "全国妇联“巾帼脱贫行动”意见（2015年12月）：普惠性培训中贫困妇女比例不低于40%",
    date(2015, 12, 1),
)
_FEDERATION = re.compile("妇联|妇女联合会")
_GOVERNMENT = re.compile("(局|办|办公室|委员会|政府|厅|服务中心|农技站)$")


def organiser_kind(organiser: str) -> OrganiserKind:
    """Federation or government by the words of its name; training schools and companies are `other`."""
    if _FEDERATION.search(organiser):
        return "federation"
    return "government" if _GOVERNMENT.search(organiser) else "other"


def is_completed(days: int, planned: int, result: str | None, *, assessed: bool, on: date) -> bool:
    """Whether a participant counts as having completed the course (完成人数)."""
    if not COMPLETION.on(on).value.enough_days(days, planned):
        return False
    return not assessed or (result or "") in PASSED_RESULTS


# Kinds of course (domain.md, training) by words of the topic; the first that fits counts.
KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("handicraft", ("刺绣", "手工", "编织", "织锦", "蜡染", "银饰", "剪纸")),
    ("domestic_service", ("家政", "月嫂", "育婴", "养老护理", "保洁")),
    ("farming", ("种植", "养殖", "茶叶", "果树", "农技", "种养")),
    ("rural_tourism", ("旅游", "农家乐", "民宿")),
    ("e_commerce", ("电商", "电子商务", "网店", "直播")),
    ("business_start", ("创业",)),
)


def kind_of(topic: str) -> str:
    """The kind of course a topic belongs to; `other` when no word fits."""
    return next((kind for kind, words in KINDS if any(word in topic for word in words)), "other")


def hides_strangers(unit: Division) -> bool:
    """Units below the county get one answer for women of other units and for people who are in no register."""
    return unit.level in ("township", "village")
