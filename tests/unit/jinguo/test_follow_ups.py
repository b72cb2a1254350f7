"""Asking after a course on the command line: the worklist in its words, an answer sent to the version that was read."""

import json
from datetime import UTC, datetime
from inspect import unwrap
from uuid import UUID

import httpx
import pytest

from jinguo.cli.follow_ups import list_due, list_uncertified, record
from jinguo.cli.output import Format
from tests.unit.jinguo.server import answering

ENROLMENT = UUID(int=1)
ADDRESS = f"/training/v1/follow-ups/{ENROLMENT}"
ROW = {
    "due_on": "2017-08-17", "overdue": True, "division": "522634101201", "woman_id": str(UUID(int=2)), "tries": 0,
    "course_title": "刺绣班", "after_months": 3, "enrolment_id": str(ENROLMENT), "last_day": "2017-05-17",
}  # fmt: skip


def test_the_worklist_is_asked_for_its_days_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[httpx.Request] = []
    api = answering({"GET /training/v1/follow-ups": {"items": [ROW], "next": None}}, seen)
    unwrap(list_due)(
        api, "522634101000", datetime(2017, 8, 1, tzinfo=UTC), datetime(2017, 8, 31, tzinfo=UTC), Format.text
    )
    asked = dict(seen[0].url.params)
    assert (asked["division"], asked["since"], asked["until"]) == ("522634101000", "2017-08-01", "2017-08-31")
    shown = capsys.readouterr().out
    assert "2017-08-17" in shown
    assert str(ENROLMENT) in shown


def test_an_answer_goes_to_the_version_that_was_read() -> None:
    seen: list[httpx.Request] = []
    api = answering({f"GET {ADDRESS}": {"version": 4}, f"POST {ADDRESS}": {"version": 5}}, seen)
    unwrap(record)(
        api, ENROLMENT, 3, datetime(2017, 8, 20, tzinfo=UTC), "not_reached", next_try=datetime(2017, 8, 27, tzinfo=UTC)
    )
    assert seen[1].headers["If-Match"] == '"4"'
    sent = json.loads(seen[1].content)
    assert (sent["on"], sent["next_try"], sent["employer_kind"]) == ("2017-08-20", "2017-08-27", None)


def test_whose_certificate_is_due_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    api = answering({"GET /training/v1/certificates/due": {"items": [ROW], "next": None}})
    unwrap(list_uncertified)(api, None, None, Format.json)
    assert json.loads(capsys.readouterr().out)["items"][0]["last_day"] == "2017-05-17"
