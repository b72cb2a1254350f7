"""Columns of the match report and the balance: in which group each stands, its heading, what its number counts."""

from typing import Any, Final

GROUPS: Final[tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = (
    ("户", (("households", "户数"),)),
    ("妇女", (("population", "女性人口"), ("monitored", "另有监测对象"))),
    (
        "脱贫",
        (
            ("exited", "已脱贫"),
            ("baseline_exited", "建档时已脱贫"),
            ("lifted", "新增脱贫"),
            ("not_exited", "未脱贫"),
            ("returned", "其中返贫"),
        ),
    ),
    (
        "对接",
        (
            ("matched", "已对接"),
            ("matched_exited", "其中已脱贫"),
            ("matched_not_exited", "其中未脱贫"),
            ("unmatched", "未对接"),
        ),
    ),
    ("有劳动能力", (("able_adults", "未脱贫"), ("unmatched_able_adults", "其中未对接"))),
    ("无劳动能力", (("adults_without_labour", "未脱贫"), ("unmatched_adults_without_labour", "其中未对接"))),
    ("16–17 岁", (("pupils", "未脱贫"), ("unmatched_pupils", "其中未对接"))),
    ("16 岁以下", (("girls", "未脱贫"), ("unmatched_girls", "其中未对接"))),
    ("老年", (("elders", "未脱贫"), ("unmatched_elders", "其中未对接"))),
)
TRAINING: Final = (("women", "人"), ("attendances", "人次"), ("days", "人天"), ("classes", "期"))
HOUSEHOLDS: Final = "households"

BALANCE: Final[tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = (
    ("期初", (("opening", "人数"),)),
    (
        "增加",
        (
            ("identified", "新识别"),
            ("born", "出生"),
            ("married_in", "婚入"),
            ("moved_in", "迁入"),
            ("corrected_in", "更正增加"),
        ),
    ),
    (
        "减少",
        (
            ("died", "死亡"),
            ("married_out", "婚出"),
            ("moved_out", "迁出"),
            ("deregistered", "剔除"),
            ("corrected_out", "更正减少"),
        ),
    ),
    ("期末", (("closing", "人数"),)),
)
BALANCE_TITLES: Final = {column: heading for _, group in BALANCE for column, heading in group} | {
    "opening": "期初人数",
    "closing": "期末人数",
}

TITLES: Final = {
    "households": "建档立卡户",
    "population": "女性人口",
    "monitored": "监测对象，不在册",
    "exited": "已脱贫",
    "baseline_exited": "建档时已脱贫",
    "lifted": "新增脱贫",
    "not_exited": "未脱贫",
    "returned": "返贫",
    "matched": "已对接",
    "matched_exited": "已对接，已脱贫",
    "matched_not_exited": "已对接，未脱贫",
    "unmatched": "未对接",
    "able_adults": "有劳动能力，未脱贫",
    "unmatched_able_adults": "有劳动能力，未对接",
    "adults_without_labour": "无劳动能力，未脱贫",
    "unmatched_adults_without_labour": "无劳动能力，未对接",
    "pupils": "在校生或两后生，未脱贫",
    "unmatched_pupils": "在校生或两后生，未对接",
    "girls": "16 岁以下女童，未脱贫",
    "unmatched_girls": "16 岁以下女童，未对接",
    "elders": "老年妇女，未脱贫",
    "unmatched_elders": "老年妇女，未对接",
    "training": "参加培训",
    "employment": "结业后就业",
    "outreach": "参加宣传活动",
}
MEANINGS: Final = {
    "households": "登记在本单位的建档立卡户。",
    "population": "登记在本单位的建档立卡户中的全部妇女。",
    "monitored": "一般农户中的监测对象：未建档立卡，不计入女性人口和其他各列。",
    "exited": "现在已脱贫的妇女，含建档时已脱贫的。",
    "baseline_exited": "首次登记时就已脱贫；不算作帮扶成效。",
    "lifted": "登记以后脱贫，并且没有返贫。",
    "not_exited": "现在未脱贫、预脱贫或返贫的妇女。",
    "returned": "脱贫后又返贫，现在仍是返贫。",
    "matched": "至少有一项已经开始、没有无效终止的开发式或救助措施。",
    "matched_exited": "已对接的妇女中，现在已脱贫的。",
    "matched_not_exited": "已对接的妇女中，现在未脱贫的。",
    "unmatched": "未脱贫，还没有任何开发式或救助措施。",
    "able_adults": "未脱贫，18 至 65 岁，有劳动能力。",
    "unmatched_able_adults": "未脱贫，有劳动能力，还没有任何开发式措施。",
    "adults_without_labour": "未脱贫，18 至 65 岁，无劳动能力或不清楚。",
    "unmatched_adults_without_labour": "未脱贫，无劳动能力，还没有任何开发式或救助措施。",
    "pupils": "未脱贫，16 至 17 岁：在校生或初中、高中毕业后没有升学的（两后生）。",
    "unmatched_pupils": "未脱贫，在校生或两后生，还没有任何开发式或救助措施。",
    "girls": "未脱贫，未满 16 岁（按年份相减）。",
    "unmatched_girls": "未脱贫，未满 16 岁，还没有任何开发式或救助措施。",
    "elders": "未脱贫，66 岁及以上（按年份相减）。",
    "unmatched_elders": "未脱贫，66 岁及以上，还没有任何开发式或救助措施。",
    "training": "至少参加过一天技能培训；一人只计一次。",
    "employment": "完成培训，结业后回访时已就业或自主创业；一人只计一次，不计入对接。",
    "outreach": "至少在一次宣传活动的名单上；一人只计一次，不算对接。",
}


def value_of(total: dict[str, Any], column: str) -> int:
    """The number in a row of the report that a list is behind."""
    return int(total["measures"][column]["women"] if column in total["measures"] else total[column])


def share(row: dict[str, Any]) -> float:
    """Of the women who are not out of poverty, how many of a hundred are matched."""
    return round(100 * row["matched_not_exited"] / row["not_exited"], 1) if row["not_exited"] else 0.0
