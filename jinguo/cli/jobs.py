"""Uploads a file, waits for its job, then for reporting, and fetches the refused rows: the same for every import."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinguo.cli.client import Api
from jinguo.cli.errors import Failure, from_problem
from jinguo.cli.headings import asked
from jinguo.cli.output import Progress, progress, say

_PAGE = 500  # rows of a page of answers
_JOB_WAIT = 1  # seconds until the next look at a job that has not ended
_PAUSE = 0.5  # seconds before asking again a server that asked for patience
_AWAY_LIMIT = 60  # seconds a job may be out of reach
_READ_WAIT = 20  # seconds one question to reporting may wait
_READ_LIMIT = 600  # seconds after which waiting for reporting is given up
_ENDED = {"succeeded", "failed", "cancelled", "interrupted"}


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that succeeded; its rows are read when they are asked for, page by page."""

    api: Api
    result: dict[str, Any]
    rows_url: str | None = None

    def rows(self, show: str = "all") -> Iterator[dict[str, Any]]:
        """The answers to the rows of the file, all or those of which something is said (`findings`)."""
        url, query = self.rows_url, {"show": show, "limit": _PAGE}
        while url:
            page = self.api.get(url, **query)
            yield from page["items"]
            url, query = page["next"], {}


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of one file."""

    job: Ended
    refused_file: Path | None
    reporting_has_it: bool

    @property
    def result(self) -> dict[str, Any]:
        """What the job answers of the file as a whole."""
        return self.job.result

    def as_json(self) -> dict[str, Any]:
        """All of it as printed: the job's answer with its rows, and where the refused rows are on this machine."""
        answer = {name: value for name, value in self.result.items() if name != "published"}
        refused = str(self.refused_file) if self.refused_file else None
        return {**answer, "rows": list(self.job.rows()), "refused_file": refused}


def import_file(api: Api, service: str, path: str, file: Path, **query: Any) -> Imported:
    """Import one file through `service`; returns when the reports show it."""
    with progress(file.name) as tell:
        answer = api.upload(path, file, **query)
        ended = _ended_job(api, answer.headers.get("Location"), answer.json(), tell)
        shown = query.get("dry_run") is True or await_reporting(api, service, ended.result)
    return Imported(ended, _fetch_refused(api, ended.result, file), shown)


def run_job(api: Api, service: str, path: str, body: object, what: str) -> dict[str, Any]:
    """The result of work that a POST begins; returns when it has ended."""
    with progress(what) as tell:
        job = api.post(path, body)
        return _ended_job(api, f"{service}/v1/jobs/{job['id']}", job, tell).result


def _ended_job(api: Api, location: str | None, first: dict[str, Any], tell: Progress) -> Ended:
    """The job when it has ended; an answer without a job is the result itself."""
    if location is None:
        return Ended(api, first)
    while True:
        job = _patiently(api, location)
        tell(*_how_far(job))
        if job["status"] in _ENDED:
            return Ended(api, _result(job), job.get("rows_url"))


def _patiently(api: Api, location: str) -> dict[str, Any]:
    """The job; while the database is being restarted it is asked for again."""
    end = time.monotonic() + _AWAY_LIMIT
    while True:
        try:
            job: dict[str, Any] = api.follow(location, _JOB_WAIT)
        except Failure as failure:
            if not failure.passing or time.monotonic() > end:
                raise
            time.sleep(_PAUSE)
        else:
            return job


def _how_far(job: dict[str, Any]) -> tuple[int, int | None]:
    so_far = job.get("progress") or {}
    return int(so_far.get("done") or 0), so_far.get("total")


def _result(job: dict[str, Any]) -> dict[str, Any]:
    status = job["status"]
    if status == "succeeded":
        result: dict[str, Any] = job["result"]
        return result
    if status == "failed":
        failure = from_problem(job.get("error") or {}, 500)
        failure.details += tuple(asked(job.get("asks")))
        raise failure
    what = "was cancelled" if status == "cancelled" else "was interrupted"
    raise Failure(f"job.{status}", f"The import {what}; run the same command again, it goes on where it stopped.")


def await_reporting(api: Api, service: str, result: dict[str, Any]) -> bool:
    """Wait until reporting has read what the job published; False when it takes too long."""
    number = (result.get("published") or {}).get("number")
    if not number:
        return True
    end = time.monotonic() + _READ_LIMIT
    while time.monotonic() < end:
        try:
            api.get("reporting/v1/freshness", source=service, number=number, wait=_READ_WAIT)
        except Failure as failure:
            if failure.code == "event.parked":
                say(f"{failure.message} Figures lack it: jinguo parked list")
                return True
            if not failure.passing:
                raise
            time.sleep(_PAUSE)
        else:
            return True
    return False


REASON = "更正被退回的行后重新导入"


def _fetch_refused(api: Api, result: dict[str, Any], file: Path) -> Path | None:
    """The refused rows, beside the input as NAME.refused.xlsx."""
    target = file.with_name(f"{file.stem}.refused.xlsx")
    url = result.get("refused_file")
    if not url:
        return None
    api.download(url, target, {"Purpose": "correction"}, reason=REASON)
    return target
