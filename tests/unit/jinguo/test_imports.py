"""Uploading a file, following its job, waiting for reporting, fetching refused rows."""

from pathlib import Path

import httpx
import pytest

from jinguo.cli.errors import Failure
from jinguo.cli.imports import finding_lines, totals_line
from jinguo.cli.jobs import import_file
from tests.unit.jinguo.server import answering, problem

JOB = "/registry/v1/jobs/1"
STARTED = httpx.Response(202, json={"id": "1", "status": "queued"}, headers={"Location": JOB})
RESULT = {"file": "a.xlsx", "totals": {"rows": 2, "refused": 0}, "rows": [], "refused_file": None}


def job(status: str, **more: object) -> dict[str, object]:
    return {"id": "1", "status": status, "progress": {"done": 1, "total": 2}, **more}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"rows")
    return path


def test_an_import_ends_when_reporting_has_read_it(file: Path) -> None:
    seen: list[httpx.Request] = []
    api = answering(
        {
            "POST /registry/v1/imports": STARTED,
            f"GET {JOB}": [job("running"), job("succeeded", result={**RESULT, "published": {"number": 7}})],
            "GET /reporting/v1/freshness": {"number": 7},
        },
        seen,
    )
    done = import_file(api, "registry", "registry/v1/imports", file, dry_run=False)
    assert done.reporting_has_it
    assert seen[0].url.params["filename"] == "a.xlsx"
    assert seen[0].content == b"rows"
    assert seen[0].headers["Content-Length"] == "4"
    assert dict(seen[-1].url.params) == {"source": "registry", "number": "7", "wait": "20"}
    assert "published" not in done.as_json()


def test_rows_and_lists_are_read_to_their_last_page_by_the_address_of_the_next(file: Path) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        after = int(request.url.params.get("cursor", "0"))
        following = f"{request.url.path}?cursor={after + 1}" if after < 2 else None
        return httpx.Response(200, json={"items": [{"row": after}], "next": following})

    ended = job("succeeded", result=RESULT, rows_url=f"{JOB}/rows")
    api = answering({"POST /registry/v1/imports": STARTED, f"GET {JOB}": ended, f"GET {JOB}/rows": page})
    done = import_file(api, "registry", "registry/v1/imports", file, dry_run=True)
    assert [row["row"] for row in done.as_json()["rows"]] == [0, 1, 2]
    assert [row["row"] for row in api.all(f"{JOB}/rows")] == [0, 1, 2]


def test_a_dry_run_waits_for_nothing(file: Path) -> None:
    api = answering({"POST /registry/v1/imports": STARTED, f"GET {JOB}": job("succeeded", result=RESULT)})
    assert import_file(api, "registry", "registry/v1/imports", file, dry_run=True).reporting_has_it


def test_refused_rows_are_written_beside_the_input(file: Path) -> None:
    result = {**RESULT, "refused_file": "/registry/v1/imports/1/refused"}
    api = answering(
        {
            "POST /registry/v1/imports": STARTED,
            f"GET {JOB}": job("succeeded", result=result),
            "GET /registry/v1/imports/1/refused": httpx.Response(200, content=b"sheet"),
        }
    )
    done = import_file(api, "registry", "registry/v1/imports", file)
    assert done.refused_file == file.with_name("a.refused.xlsx")
    assert done.refused_file.read_bytes() == b"sheet"


def test_a_link_to_another_server_is_not_followed(file: Path) -> None:
    result = {**RESULT, "refused_file": "http://elsewhere/refused"}
    api = answering({"POST /registry/v1/imports": STARTED, f"GET {JOB}": job("succeeded", result=result)})
    with pytest.raises(Failure, match="another server"):
        import_file(api, "registry", "registry/v1/imports", file)


def test_a_failed_job_ends_with_its_problem(file: Path) -> None:
    error = {"code": "rosters.no_header", "detail": "a.xlsx: no header row was found", "status": 422}
    api = answering({"POST /registry/v1/imports": STARTED, f"GET {JOB}": job("failed", error=error)})
    with pytest.raises(Failure, match="no header row") as failed:
        import_file(api, "registry", "registry/v1/imports", file)
    assert failed.value.code == "rosters.no_header"


def test_an_interrupted_job_says_to_run_the_command_again(file: Path) -> None:
    api = answering({"POST /registry/v1/imports": STARTED, f"GET {JOB}": job("interrupted")})
    with pytest.raises(Failure, match="run the same command again"):
        import_file(api, "registry", "registry/v1/imports", file)


def test_a_refused_upload_shows_message_code_and_details(file: Path) -> None:
    errors = [{"field": "file", "detail": "at most 200 MB"}]
    api = answering(
        {"POST /registry/v1/imports": problem(413, "common.too_large", "The file is too large.", errors=errors)}
    )
    with pytest.raises(Failure) as failed:
        import_file(api, "registry", "registry/v1/imports", file)
    assert failed.value.lines() == ["error: The file is too large. [common.too_large]", "  file: at most 200 MB"]


def test_progress_goes_to_stderr_as_json_lines_when_it_is_no_terminal(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api = answering({"POST /registry/v1/imports": STARTED, f"GET {JOB}": job("succeeded", result=RESULT)})
    import_file(api, "registry", "registry/v1/imports", file)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == '{"progress": "a.xlsx", "done": 1, "total": 2}\n'


def test_a_finding_is_one_line_with_row_column_rule_value_and_right_form() -> None:
    found = {
        "column": "证件号码",
        "rule": "id.check_digit",
        "severity": "error",
        "value": "1X",
        "right_answer": "2X",
    }
    rows = [{"sheet": "表1", "row": 4, "findings": [found, {**found, "severity": "accepted"}]}]
    assert list(finding_lines(rows)) == ["表1 row 4 证件号码: error id.check_digit 1X → 2X"]


def test_totals_are_one_line() -> None:
    line = totals_line(
        {"file": "a.xlsx", "dry_run": True, "totals": {"rows": 2, "not_in_register": 1, "edition": None}}
    )
    assert line == "a.xlsx (dry run, nothing written): rows 2  not in register 1"


def test_a_database_that_is_restarted_meanwhile_does_not_end_the_command(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jinguo.cli.jobs._PAUSE", 0)
    away = problem(503, "database.unavailable", "The database does not answer at this moment.")
    api = answering(
        {
            "POST /registry/v1/imports": STARTED,
            f"GET {JOB}": [away, job("succeeded", result={**RESULT, "published": {"number": 7}})],
            "GET /reporting/v1/freshness": [problem(503, "reporting.not_reached", "not yet"), {"number": 7}],
        }
    )
    assert import_file(api, "registry", "registry/v1/imports", file).reporting_has_it
