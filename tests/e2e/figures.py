"""The figures that every run of the main job must reach (the sample county of 2016)."""

from typing import Any

BY_TOWNSHIP = {
    "永乐镇": 14, "大塘镇": 11, "望丰乡": 10, "丹江镇": 6, "郎德镇": 6, "方祥乡": 4, "西江镇": 3, "达地水族乡": 3,
}  # fmt: skip
REGISTER = {
    "households": 600,
    "population": 941,
    "exited": 382,
    "not_exited": 559,
    "baseline_exited": 382,
    "returned": 17,
}
AT_ONCE = {
    "matched": 57, "matched_exited": 21, "matched_not_exited": 36, "unmatched": 523, "unmatched_able_adults": 307,
    "lifted": 0,
}  # fmt: skip
AFTER_CONFIRMING = {"matched": 65, "matched_exited": 26, "matched_not_exited": 39, "unmatched": 520, "lifted": 0}


def some(row: dict[str, Any], keys: dict[str, int]) -> dict[str, int]:
    """The figures of a row that `keys` names."""
    return {name: row[name] for name in keys}


def plain(report: dict[str, Any]) -> dict[str, Any]:
    """A report without the number it was read at, to compare two runs of the same facts."""
    return {name: value for name, value in report.items() if name not in {"as_known", "freshness"}}
