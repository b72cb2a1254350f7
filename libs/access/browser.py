"""What protects pages: the session cookie, and the check that a form was sent by a page of ours.

An unsafe request passes only when both hold: the browser says it comes from this site (`Sec-Fetch-Site`, else `Origin`
against `Host`; old browsers may send neither), and the form carries the session's token.
"""

import secrets
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from libs.values.errors import Forbidden

CSRF_FIELD: Final = "csrf_token"
CSRF_HEADER: Final = "x-csrf-token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_GUEST: Final = "jinguo_guest"


class Cookies:
    """The cookies of the console: `__Host-` and Secure under https, a plain name on a local http address."""

    def __init__(self, *, https: bool) -> None:
        self._https = https
        self.session = "__Host-jinguo" if https else "jinguo_session"
        self.guest = f"__Host-{_GUEST}" if https else _GUEST

    def read(self, request: Request) -> str | None:
        """The session's token."""
        return request.cookies.get(self.session) or None

    def write(self, response: Response, token: str) -> None:
        """Hand the browser its session."""
        self._set(response, self.session, token)

    def clear(self, response: Response) -> None:
        """Take the session away."""
        response.delete_cookie(self.session, path="/", secure=self._https, httponly=True, samesite="lax")

    def guest_token(self, request: Request, response: Response) -> str:
        """The token of the sign-in form, before there is a session: the same in a cookie and in the form."""
        known = request.cookies.get(self.guest, "")
        token = known if 20 <= len(known) <= 64 else secrets.token_urlsafe(24)
        self._set(response, self.guest, token)
        return token

    def read_guest(self, request: Request) -> str | None:
        """What the sign-in form's token must equal."""
        return request.cookies.get(self.guest) or None

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, path="/", secure=self._https, httponly=True, samesite="lax")


def check_csrf(request: Request, *, expected: str | None, given: str | None) -> None:
    """Raise Forbidden `access.cross_site` unless the request is safe, or comes from our page with its token."""
    if request.method in _SAFE:
        return
    given = given or request.headers.get(CSRF_HEADER)
    if not same_origin(request) or not expected or not given:
        raise _cross_site()
    if not secrets.compare_digest(expected.encode(), given.encode()):
        raise _cross_site()


def same_origin(request: Request) -> bool:
    """Whether the browser does not say that the request comes from elsewhere."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def _cross_site() -> Forbidden:
    return Forbidden("access.cross_site", "请求不是从本站页面发出的，已拒绝；请刷新页面后重试。")
