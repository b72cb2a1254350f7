"""The rules of training as values: when a course counts as completed, what a roster may hold."""

from dataclasses import dataclass
from datetime import date

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


def is_completed(days: int, planned: int, result: str | None, *, assessed: bool, on: date) -> bool:
    """Whether a participant counts as having completed the course (完成人数)."""
    if not COMPLETION.on(on).value.enough_days(days, planned):
        return False
    return not assessed or (result or "") in PASSED_RESULTS
