"""A form counts only when a page of ours sent it."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from libs.access.browser import Cookies, check_csrf
from libs.values.errors import Forbidden

TOKEN = "t" * 43


def request(method: str = "POST", **headers: str) -> Request:
    given = {"host": "jinguo.example:8000"} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    return Request({"type": "http", "method": method, "path": "/", "query_string": b"", "headers": raw})


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"origin": "http://jinguo.example:8000"},
        {},
    ],
)
def test_our_own_form_with_its_token_passes(headers: dict[str, str]) -> None:
    check_csrf(request(**headers), expected=TOKEN, given=TOKEN)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": "http://jinguo.example:8000"},
        {"origin": "http://evil.example"},
        {"origin": "http://jinguo.example:8001"},
        {"origin": "null"},
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_the_token(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden) as caught:
        check_csrf(request(**headers), expected=TOKEN, given=TOKEN)
    assert caught.value.code == "access.cross_site"


@pytest.mark.parametrize(
    ("expected", "given"), [(TOKEN, None), (TOKEN, ""), (TOKEN, "x"), (None, ""), (None, "x"), ("", "")]
)
def test_a_form_without_its_token_is_refused(expected: str | None, given: str | None) -> None:
    with pytest.raises(Forbidden):
        check_csrf(request(sec_fetch_site="same-origin"), expected=expected, given=given)


def test_a_script_may_send_the_token_in_a_header() -> None:
    check_csrf(request(sec_fetch_site="same-origin", x_csrf_token=TOKEN), expected=TOKEN, given=None)


def test_reading_needs_no_token() -> None:
    check_csrf(request("GET", sec_fetch_site="cross-site"), expected=None, given=None)


def test_under_https_the_cookie_belongs_to_this_host_only() -> None:
    response = Response()
    Cookies(https=True).write(response, "abc")
    header = response.headers["set-cookie"]
    assert header.startswith("__Host-jinguo=abc;")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(header.split("; "))


def test_on_a_local_http_address_the_cookie_is_still_hidden_from_scripts() -> None:
    response = Response()
    Cookies(https=False).write(response, "abc")
    header = response.headers["set-cookie"]
    assert header.startswith("jinguo_session=abc;")
    assert "HttpOnly" in header
    assert "Secure" not in header


def test_the_sign_in_form_has_a_token_before_there_is_a_session() -> None:
    cookies, response = Cookies(https=False), Response()
    token = cookies.guest_token(request("GET"), response)
    again = request(cookie=f"jinguo_guest={token}")
    assert cookies.read_guest(again) == token
    check_csrf(again, expected=cookies.read_guest(again), given=token)
    assert cookies.guest_token(again, Response()) == token
