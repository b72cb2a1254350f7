"""The dashboard for Grafana shows every metric there is, by labels that exist, and the limits of the alerts."""

import json
import re
from itertools import combinations
from typing import Any

import pytest

from libs.events.metric_names import METRICS, prometheus_name
from tests.deploy.test_alerts import FILE, GROUPED, KNOWN, RULES, SERIES

BOARD: dict[str, Any] = json.loads((FILE.parent / "dashboard.json").read_text("utf-8"))
PANELS: dict[str, dict[str, Any]] = {each["title"]: each for each in BOARD["panels"] if each["type"] != "row"}
BUCKET = re.compile(r"_bucket$")
SELECTED = re.compile(r"(\w+)=~")
SHOWN = re.compile(r"\{\{(\w+)\}\}")
NAMED = re.compile(r"alert (\w+) above ([\d.,]+|one of a thousand)")


def metrics_of(expression: str) -> set[str]:
    """Names of metrics in a query, without labels and without the suffix of a histogram's series."""
    bare = re.sub(r"\{[^}]*\}", "", GROUPED.sub("", expression))
    return {BUCKET.sub("", name) for name in SERIES.findall(bare)}


def queries() -> list[tuple[str, str, str]]:
    """Panel, query and legend."""
    return [(name, each["expr"], each["legendFormat"]) for name, panel in PANELS.items() for each in panel["targets"]]


@pytest.mark.parametrize(("panel", "expression", "legend"), queries())
def test_a_panel_asks_for_metrics_and_labels_that_exist(panel: str, expression: str, legend: str) -> None:
    used = metrics_of(expression)
    assert used, panel
    assert used <= set(KNOWN)
    grouped = {label.strip() for group in GROUPED.findall(expression) for label in group.split(",")} - {"le"}
    for name in used:
        labels = {attribute.replace(".", "_") for attribute in KNOWN[name].attributes}
        assert grouped | set(SELECTED.findall(expression)) <= labels
        assert (KNOWN[name].kind == "histogram") == expression.startswith("histogram_quantile")
        assert (KNOWN[name].kind == "counter") == bool(re.search(rf"(rate|increase)\({name}\b", expression))
    assert set(SHOWN.findall(legend)) <= grouped


def test_every_metric_is_shown() -> None:
    shown = {name for _, expression, _ in queries() for name in metrics_of(expression)}
    assert shown == {prometheus_name(metric) for metric in METRICS}


def test_limits_are_those_of_the_alerts() -> None:
    told = {found[1]: panel for panel in PANELS.values() if (found := NAMED.search(panel["description"]))}
    assert set(told) == {"ReaderLate", "PromiseBroken", "WriteTransactionOpen", "SnapshotHeld", "OwnersChange"}
    for alert, panel in told.items():
        limit = re.search(r"> ([\d.]+)$", RULES[alert]["expr"])
        assert limit is not None
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] == float(limit[1])


def test_panels_have_numbers_of_their_own_and_do_not_cover_each_other() -> None:
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(set(ids)) == len(ids)
    for one, two in combinations((panel["gridPos"] for panel in BOARD["panels"]), 2):
        beside = one["x"] + one["w"] <= two["x"] or two["x"] + two["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= two["y"] or two["y"] + two["h"] <= one["y"]


def test_what_can_be_chosen_is_used() -> None:
    chosen = {each["name"] for each in BOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(BOARD["panels"]))) - {"__rate_interval"}
    assert used == chosen
