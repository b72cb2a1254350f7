"""The rules of outreach as values: the topics of activities, by which words a sheet's own names of them are known."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MAX_ROWS: Final = 20_000
OTHER: Final = "other"

TOPICS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "screening": ("两癌", "健康与美丽", "宫颈", "乳腺"),
        "rights": ("反家暴", "家庭暴力", "维权", "普法", "法律", "法治"),
        "role_models": ("典型", "榜样", "最美", "事迹", "巡讲"),
        "self_reliance": ("自强", "自立", "自信", "脱贫志气", "扶志"),
        "policy": ("政策", "小额信贷", "小额贷款", "脱贫行动"),
        OTHER: (),
    }
)
"""Task 1 (宣传发动), with what county offices add to it; a name belongs to the first whose word is in it."""


def topic_of(title: str) -> str:
    """The topic of an activity by its name; `other` when no word fits."""
    return next((topic for topic, words in TOPICS.items() if any(word in title for word in words)), OTHER)
