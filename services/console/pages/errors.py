"""What a page says when something is not there, not allowed or not working; never whether it exists elsewhere."""

from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.events.pool import is_lost
from libs.service.bodies import check_nul
from libs.service.logs import where
from libs.service.wording import detail_of
from libs.values.errors import DomainError
from services.console.adapters.services import Problem
from services.console.shell import EnrolmentNeeded, SignInNeeded, language_of, page, see

HEADINGS: Final = {
    400: "请求有误",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    413: "文件太大",
    415: "不支持的文件",
    422: "不能这样做",
    429: "请求太频繁",
    503: "暂时不能使用",
}
NOT_FOUND: Final = "不存在，或不在您的辖区。"
INTERNAL: Final = "系统出错了。请把错误编号告诉管理员。"
AWAY: Final = "服务暂时没有回答，请稍后再试。"
_log = structlog.get_logger("jinguo.console")


def install(app: FastAPI) -> None:
    """One page for every way of failing."""
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(EnrolmentNeeded, _enrol)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(DomainError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)


async def no_nul(request: Request) -> None:
    """422 for a NUL in an address or a form, which no database keeps."""
    check_nul(request.query_params.multi_items())
    if request.method == "POST":
        check_nul((name, text) for name, text in (await request.form()).multi_items() if isinstance(text, str))


def error_page(request: Request, status: int, detail: str) -> Response:
    """The page of an error with its number to name on the telephone."""
    return page(request, "error.html", status, heading=HEADINGS.get(status, "出错了"), detail=detail)


class LastWall:
    """What nobody foresaw becomes a page too; the log gets the kind of error and the place, never its words."""

    def __init__(self, app: ASGIApp) -> None:
        """Stands inside the gate, which knows the number of the request."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            _log.error("page.failed", kind=type(error).__name__, where=where(error))
            status, detail = (503, AWAY) if is_lost(error) else (500, INTERNAL)
            await error_page(Request(scope), status, detail)(scope, receive, send)


async def _sign_in(request: Request, _error: Exception) -> Response:
    target = str(request.url.replace(scheme="", netloc="")) if request.method == "GET" else "/"
    return see("/sign-in", next=target if target != "/" else None)


async def _enrol(_request: Request, _error: Exception) -> Response:
    return see("/second-factor")


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if error.status == 401:
        return see("/sign-in")
    return error_page(request, error.status, NOT_FOUND if error.status == 404 else error.detail or AWAY)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    words = detail_of(error.code, language_of(request), error.message)
    ours = error.code.startswith("console.")  # says what is not there; a service says the same of what is elsewhere
    return error_page(request, error.status, words if ours or error.status != 404 else NOT_FOUND)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return error_page(request, error.status_code, NOT_FOUND if error.status_code == 404 else str(error.detail))


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(item["loc"][0] == "path" for item in error.errors()):
        return error_page(request, 404, NOT_FOUND)
    return error_page(request, 422, ", ".join(str(item["loc"][-1]) for item in error.errors()))
