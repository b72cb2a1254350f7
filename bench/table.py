"""The results as Markdown."""

from collections.abc import Iterable, Mapping
from typing import Any

from bench.rounds import OURS, PEER


def rendered(document: Mapping[str, Any]) -> str:
    """What stands between the marks of docs/performance.md."""
    comparisons = [each for case in document["cases"].values() for each in case["comparisons"]]
    figures = [each for case in document["cases"].values() for each in case["figures"]]
    remarks = list(dict.fromkeys(remark for case in document["cases"].values() for remark in case["remarks"]))
    parts = [_about(document["about"]), _comparisons(comparisons), _figures(figures)]
    if remarks:
        parts.append("\n".join(f"- {remark}" for remark in remarks))
    return "\n\n".join(parts)


def _about(about: Mapping[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    scale = about["scale"]
    return (
        f"Measured on {about['date']} by `{about['command']}` on {about['machine']} ({about['system']}), "
        f"load {about['load']:.1f} before the start; PostgreSQL {about['postgresql']}, Python {about['python']}, "
        f"{packages}. {scale['rounds']} alternating rounds of {scale['seconds']:g} s, "
        f"a past of {scale['events']:,} events."
    )


def _comparisons(rows: Iterable[Mapping[str, Any]]) -> str:
    lines = [
        "| case | disk | jinguo | eventsourcing | others | ratio | goal | jinguo p50 / p95 / p99 ms | eventsourcing |",
        "|---|---|---:|---:|---|---:|---|---|---|",
    ]
    for row in rows:
        by = row["contenders"]
        others = ", ".join(f"{name} {each['median']:,.0f}" for name, each in by.items() if name not in {OURS, PEER})
        ratio, goal = row["ratios"].get(PEER), row["goal"]
        cells = (
            f"{row['case']}, {row['unit']}",
            row["disk"],
            f"{by[OURS]['median']:,.0f}",
            f"{by[PEER]['median']:,.0f}",
            others,
            f"{ratio:.1f} ×",
            f"≥ {goal:g} {'reached' if ratio >= goal else '**short**'}" if goal else "",
            _waits(by[OURS]["ms"]),
            _waits(by[PEER]["ms"]),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _waits(waits: Mapping[str, float]) -> str:
    return " / ".join(f"{value:.1f}" for value in waits.values())


def _figures(rows: Iterable[Mapping[str, Any]]) -> str:
    lines = ["| figure | value | goal |", "|---|---:|---|"]
    for row in rows:
        reached = {
            None: "",
            True: f"{row['better']} {row['goal']} reached",
            False: f"{row['better']} {row['goal']} **short**",
        }
        lines.append(f"| {row['name']} | {row['value']:,.1f} {row['unit']} | {reached[row['reached']]} |")
    return "\n".join(lines)
