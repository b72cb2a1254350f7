"""`jinguo mappings`, `--column` of imports, and what a file that lacks columns says at the terminal."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from jinguo.cli import mappings
from jinguo.cli.errors import Failure
from jinguo.cli.headings import asked, mapping_of, used_line
from jinguo.cli.jobs import import_file
from jinguo.cli.output import Format
from tests.unit.jinguo.server import answering, problem

PATH = "/registry/v1/header-mappings"
PAIR = {"heading": "妇女名", "column": "姓名"}
KEPT = {"kind": "register", "unit": "522634000000", "version": 2, "kept_at": "2016-12-31", "columns": [PAIR]}
NOTHING = problem(404, "common.not_found", "no such unit in your units")


def body_of(request: httpx.Request) -> Any:
    return json.loads(request.content)["columns"]


def run(command: Any, api: Any, *given: Any, **more: Any) -> None:
    """A command as typer calls it, with this server."""
    command.__wrapped__(api, *given, **more)


def test_a_first_mapping_is_kept_without_a_version(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[httpx.Request] = []
    made = {**KEPT, "version": 1}
    run(
        mappings.keep,
        answering({f"GET {PATH}/in-force": NOTHING, f"PUT {PATH}": made}, seen),
        "register",
        ["姓名=妇女名"],
    )
    assert body_of(seen[-1]) == [PAIR]
    assert "if-match" not in seen[-1].headers
    assert dict(seen[-1].url.params) == {"kind": "register"}
    assert capsys.readouterr().out.splitlines()[1] == "姓名=妇女名"


def test_what_is_kept_more_leaves_the_rest_and_names_the_version_that_was_read() -> None:
    seen: list[httpx.Request] = []
    api = answering({f"GET {PATH}/in-force": KEPT, f"PUT {PATH}": KEPT}, seen)
    run(mappings.keep, api, "register", ["户编号=户代号"], division="522634000000", output=Format.json)
    assert body_of(seen[-1]) == [PAIR, {"heading": "户代号", "column": "户编号"}]
    assert seen[-1].headers["if-match"] == '"2"'


def test_what_is_inherited_is_copied_to_the_units_own() -> None:
    seen: list[httpx.Request] = []

    def in_force(request: httpx.Request) -> httpx.Response:
        return NOTHING if request.url.params.get("nearest") == "false" else httpx.Response(200, json=KEPT)

    api = answering({f"GET {PATH}/in-force": in_force, f"PUT {PATH}": KEPT}, seen)
    run(mappings.keep, api, "register", ["户编号=户代号"])
    assert (len(body_of(seen[-1])), "if-match" in seen[-1].headers) == (2, False)


def test_what_is_forgotten_is_the_version_that_was_read(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[httpx.Request] = []
    api = answering({f"GET {PATH}/in-force": KEPT, f"DELETE {PATH}": httpx.Response(204)}, seen)
    run(mappings.forget, api, "register")
    assert (seen[-1].method, seen[-1].headers["if-match"]) == ("DELETE", '"2"')
    assert "version 2 is used no more" in capsys.readouterr().out
    with pytest.raises(Failure, match="keeps no headings"):
        run(mappings.forget, answering({f"GET {PATH}/in-force": NOTHING}), "register")


def test_all_are_shown_and_a_service_that_one_may_not_ask_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    refused = problem(403, "access.scope_missing", "this needs the scope training:write")
    others = {f"GET /{name}/v1/header-mappings": refused for name in set(mappings.SERVICES.values()) - {"registry"}}
    api = answering({f"GET {PATH}": {"items": [KEPT]}, **others})
    run(mappings.show, api)
    shown = capsys.readouterr()
    assert "姓名=妇女名" in shown.out
    assert "training: this needs the scope" in shown.err


@pytest.mark.parametrize("columns", [["姓名"], ["=妇女名"], ["姓名="], ["姓名=妇女名", "成员=妇女名"]])
def test_what_is_no_pair_is_refused_before_a_server_is_asked(columns: list[str]) -> None:
    with pytest.raises(Failure) as failed:
        mapping_of(columns)
    assert failed.value.exit_status == 2
    with pytest.raises(Failure, match="no kind of file"):
        run(mappings.forget, answering({}), "lists")


def test_an_import_brings_its_columns_along_and_says_by_which_it_was_read(tmp_path: Path) -> None:
    seen: list[httpx.Request] = []
    file = tmp_path / "a.csv"
    file.write_bytes(b"rows")
    api = answering({"POST /registry/v1/imports": {"totals": {}}}, seen)
    import_file(api, "registry", "registry/v1/imports", file, mapping=mapping_of(["姓名=妇女名"]), dry_run=True)
    assert json.loads(seen[0].url.params["mapping"]) == {"妇女名": "姓名"}
    assert mapping_of(None) is None
    assert used_line({"mapping": KEPT}) == "Headings kept by 522634000000, version 2: 姓名=妇女名"
    assert used_line({"mapping": {**KEPT, "unit": None}}) == "Headings given: 姓名=妇女名"
    assert used_line({"mapping": None}) is None


def test_a_file_that_lacks_columns_says_what_it_has_and_which_command_keeps_a_choice(tmp_path: Path) -> None:
    columns = [
        {"column": "姓名", "required": True, "proposal": "妇女名"},
        {"column": "村", "required": True, "proposal": None},
        {"column": "备注", "required": False, "proposal": None},
    ]
    asks = {"kind": "register", "mapping": KEPT, "forms": [{"columns": columns, "headings": ["妇女名", "寨"]}]}
    job = {"status": "failed", "error": {"code": "roster.missing_columns", "detail": "缺少"}, "asks": asks}
    file = tmp_path / "a.csv"
    file.write_bytes(b"rows")
    started = httpx.Response(202, json={}, headers={"Location": "/registry/v1/jobs/1"})
    api = answering({"POST /registry/v1/imports": started, "GET /registry/v1/jobs/1": job})
    with pytest.raises(Failure) as failed:
        import_file(api, "registry", "registry/v1/imports", file)
    assert list(failed.value.details) == [
        "read by the headings that 522634000000 keeps, version 2",
        "headings not understood: 妇女名、寨",
        "if they are these: jinguo mappings keep register --column 姓名=妇女名 --column 村=…",
    ]
    assert list(asked(None)) == []
