"""Logs are JSON lines that hold no personal data."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest
import structlog

from libs.service.logs import configure_logs

NAME, RESIDENT_ID, PHONE = "杨秀英", "522634199003070026", "13985500026"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """What was logged so far; the loggers of the run are put back afterwards."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = io.StringIO()
    configure_logs("INFO", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before
    structlog.reset_defaults()


async def test_a_request_is_one_line_with_its_route_and_without_query_or_body(
    client: httpx.AsyncClient, lines: Callable[[], list[dict[str, object]]]
) -> None:
    answer = await client.get(f"/v1/items?kind={NAME}&limit=3")
    logged = lines()
    assert [line["event"] for line in logged] == ["request"]
    assert logged[0]["route"] == "/v1/items"
    assert logged[0]["status"] == 200
    assert logged[0]["request_id"] == answer.headers["x-request-id"]
    assert NAME not in json.dumps(logged, ensure_ascii=False)


async def test_the_path_itself_is_never_logged(
    client: httpx.AsyncClient, lines: Callable[[], list[dict[str, object]]]
) -> None:
    await client.get(f"/v1/women/{RESIDENT_ID}")
    await client.get(f"/nowhere/{RESIDENT_ID}")
    assert [line["route"] for line in lines()] == ["/v1/women/{division}", "(no route)"]
    assert RESIDENT_ID not in json.dumps(lines())


async def test_an_unforeseen_error_is_logged_by_kind_and_place_only(
    client: httpx.AsyncClient, lines: Callable[[], list[dict[str, object]]]
) -> None:
    await client.get("/v1/broken")
    failed = lines()[0]
    assert failed["event"] == "request.failed"
    assert failed["kind"] == "RuntimeError"
    assert "broken" in str(failed["where"])
    assert NAME not in json.dumps(failed, ensure_ascii=False)
    assert failed["trace_id"] == lines()[1]["trace_id"]


def test_known_keys_and_telling_numbers_are_withheld(lines: Callable[[], list[dict[str, object]]]) -> None:
    log = structlog.get_logger("test")
    log.info(
        "read", text=f"row of {RESIDENT_ID}", resident_id=RESIDENT_ID, name=NAME, inner={"phone": PHONE, "rows": [NAME]}
    )
    log.warning("numbers", found=[PHONE, int(RESIDENT_ID)], kept="0190c2c0-7f00-7000-8000-139855000261", count=941)
    text = json.dumps(lines(), ensure_ascii=False)
    for secret in (NAME, RESIDENT_ID, PHONE + '"'):
        assert secret not in text
    assert lines()[1]["kept"] == "0190c2c0-7f00-7000-8000-139855000261"
    assert lines()[1]["count"] == 941


def test_the_standard_library_logs_the_same_way(lines: Callable[[], list[dict[str, object]]]) -> None:
    try:
        raise ValueError(RESIDENT_ID)
    except ValueError:
        logging.getLogger("asyncio").exception("task failed for %s", PHONE)
    assert lines()[0]["event"] == "task failed for [number]"
    assert lines()[0]["kind"] == "ValueError"
    assert RESIDENT_ID not in json.dumps(lines())


def test_a_value_cannot_forge_a_line(lines: Callable[[], list[dict[str, object]]]) -> None:
    structlog.get_logger("test").info("import", note='a\n{"event": "signed in"}')
    assert len(lines()) == 1


@pytest.mark.parametrize("name", ["uvicorn.access", "httpx", "httpcore.connection"])
def test_loggers_that_write_whole_urls_are_silent(name: str, lines: Callable[[], list[dict[str, object]]]) -> None:
    logging.getLogger(name).info('127.0.0.1 - "GET /women?name=%s"', NAME)
    assert lines() == []
