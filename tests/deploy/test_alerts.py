"""The alerts for Prometheus use metrics that exist, and the limits by which the doctor judges."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from libs.events import findings
from libs.events import metric_names as names
from libs.events.metric_names import METRICS, prometheus_name

FILE = Path(__file__).resolve().parents[2] / "deploy" / "observability" / "alerts.yaml"
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in yaml.safe_load(FILE.read_text())["groups"] for rule in group["rules"]
}
KNOWN = {prometheus_name(metric): metric for metric in METRICS}
SERIES = re.compile(r"\b(?:jinguo|messaging)_\w+")
GROUPED = re.compile(r"by \(([^)]*)\)")


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_asks_for_metrics_and_labels_that_exist(alert: str) -> None:
    rule = RULES[alert]
    grouped = {label.strip() for group in GROUPED.findall(rule["expr"]) for label in group.split(",")}
    used = set(SERIES.findall(GROUPED.sub("", rule["expr"])))
    assert used
    assert used <= set(KNOWN)
    for name in used:
        assert grouped <= {attribute.replace(".", "_") for attribute in KNOWN[name].attributes}
    shown = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert shown <= grouped
    assert rule["annotations"]["next_step"]
    assert rule["labels"]["severity"] in {"page", "ticket"}


def test_limits_are_those_of_the_doctor() -> None:
    limits = {
        alert: float(found[1]) for alert, rule in RULES.items() if (found := re.search(r"> ([\d.]+)$", rule["expr"]))
    }
    assert limits["ReaderLate"] == findings.LAG_SECONDS
    assert limits["WriteTransactionOpen"] == findings.WRITE_SECONDS
    assert limits["SnapshotHeld"] == findings.SNAPSHOT_TRANSACTIONS


def test_everything_that_needs_a_person_has_an_alert() -> None:
    used = {name for rule in RULES.values() for name in SERIES.findall(rule["expr"])}
    needs = (names.FORKS, names.FAILING, names.LAG_TIME, names.HOLES, names.PARKED)
    assert {prometheus_name(metric) for metric in (*needs, names.SNAPSHOT_AGE, names.WRITE_TRANSACTION_AGE)} <= used
