"""Small forms: read tokens, preferences, languages."""

import pytest
from starlette.requests import Request

from libs.service.context import preferred
from libs.service.writes import prefer_wait, read_token, xid_of
from libs.values.errors import Invalid


def request(**headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": raw})


@pytest.mark.parametrize("xid", [3, 2**40])
def test_a_read_token_gives_back_its_transaction(xid: int) -> None:
    assert xid_of(read_token(xid)) == xid


@pytest.mark.parametrize("token", ["", "x", "AAAAAAAAAAAA", "游"])
def test_a_made_up_read_token_is_refused(token: str) -> None:
    with pytest.raises(Invalid):
        xid_of(token)


@pytest.mark.parametrize(
    ("header", "seconds"), [("wait=2", 2), ("respond-async, wait=5", 5), ("wait=900", 30), ("wait=x", 0), ("", 0)]
)
def test_prefer_wait_is_read_and_bounded(header: str, seconds: float) -> None:
    assert prefer_wait(request(prefer=header)) == seconds


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "zh"), ("en-GB", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("de, en;q=0.5", "en"), ("en;q=x", "zh")],
)
def test_the_first_language_we_speak_is_taken(header: str, language: str) -> None:
    assert preferred(header, "zh") == language
