"""What a page says when something is not there, not allowed or not working; never whether it exists elsewhere."""

from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from libs.service.logs import where
from libs.values.errors import DomainError
from services.console.adapters.services import Problem
from services.console.shell import SignInNeeded, page, see

HEADINGS: Final = {
    400: "请求有误",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    413: "文件太大",
    415: "不支持的文件",
    422: "不能这样做",
    503: "暂时不能使用",
}
NOT_FOUND: Final = "不存在，或不在您的辖区。"
_log = structlog.get_logger("jinguo.console")


def install(app: FastAPI) -> None:
    """One page for every way of failing."""
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(DomainError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _unforeseen)


def error_page(request: Request, status: int, detail: str) -> Response:
    """The page of an error with its number to name on the telephone."""
    return page(request, "error.html", status, heading=HEADINGS.get(status, "出错了"), detail=detail)


async def _sign_in(request: Request, _error: Exception) -> Response:
    target = str(request.url.replace(scheme="", netloc="")) if request.method == "GET" else "/"
    return see("/sign-in", next=target if target != "/" else None)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if error.status == 401:
        return see("/sign-in")
    return error_page(request, error.status, NOT_FOUND if error.status == 404 else error.detail)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return error_page(request, error.status, NOT_FOUND if error.status == 404 else error.message)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return error_page(request, error.status_code, NOT_FOUND if error.status_code == 404 else str(error.detail))


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = ", ".join(str(item["loc"][-1]) for item in error.errors())
    return error_page(request, 422, f"{fields}")


async def _unforeseen(request: Request, error: Exception) -> Response:
    _log.error("page.failed", kind=type(error).__name__, where=where(error))
    return error_page(request, 500, "")
