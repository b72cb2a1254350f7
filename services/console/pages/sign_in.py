"""Signing in, the first password, signing out."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from pydantic import SecretStr
from starlette.responses import Response

from libs.access.accounts import Account
from libs.access.browser import check_csrf
from libs.access.fastapi import public
from libs.access.sign_in import PasswordChangeRequired
from libs.access.user_agent import browser_of
from libs.service.context import address_of
from libs.service.wording import detail_of
from libs.values.errors import DomainError
from services.console import labels
from services.console.form_tokens import mask, unmask
from services.console.shell import TheShell, count_guest, language_of, page, see

Text = Annotated[str, Form()]
Secret = Annotated[SecretStr, Form()]
router = APIRouter(dependencies=[public(), Depends(count_guest)])
_NONE: Final = SecretStr("")
_FIRST: Final = "/sign-in"
_DIFFERENT: Final = "两次输入的新密码不一致"


@router.get(_FIRST)
async def show_sign_in(request: Request, shell: TheShell, next: str = "/") -> Response:
    """The form."""
    return _form(request, shell, "sign_in.html", next)


@router.post(_FIRST)
async def sign_in(
    request: Request,
    shell: TheShell,
    password: Secret,
    code: Secret = _NONE,
    username: Text = "",
    csrf_token: Text = "",
    next: Text = "/",
) -> Response:
    """Right: a new session and on to `next`. A one-time password: on to its change. Wrong: the form again."""
    check_csrf(request, expected=shell.cookies.read_guest(request), given=unmask(csrf_token))
    try:
        account = await shell.access.sign_in.sign_in_to_enrol(
            username, password.get_secret_value(), address_of(request), code.get_secret_value()
        )
    except PasswordChangeRequired:
        return _form(request, shell, "new_password.html", next, username=username)
    except DomainError as error:
        return _form(
            request, shell, "sign_in.html", next, error.status, username=username, problem=_words(request, error)
        )
    return await _signed_in(request, shell, account, next)


@router.get("/new-password")
async def show_new_password(request: Request, shell: TheShell, next: str = "/") -> Response:
    """The form to set another password."""
    return _form(request, shell, "new_password.html", next)


@router.post("/new-password")
async def change_password(  # noqa: PLR0913, PLR0917 - one argument for each field of the form
    request: Request,
    shell: TheShell,
    password: Secret,
    new_password: Secret,
    again: Secret,
    code: Secret = _NONE,
    username: Text = "",
    csrf_token: Text = "",
    next: Text = "/",
) -> Response:
    """Set one's own password in place of the one-time one, and be signed in."""
    check_csrf(request, expected=shell.cookies.read_guest(request), given=unmask(csrf_token))
    if new_password != again:
        return _form(request, shell, "new_password.html", next, 422, username=username, problem=_DIFFERENT)
    try:
        account = await shell.access.sign_in.change_password(
            username,
            password.get_secret_value(),
            new_password.get_secret_value(),
            address_of(request),
            code.get_secret_value(),
        )
    except DomainError as error:
        return _form(
            request, shell, "new_password.html", next, error.status, username=username, problem=_words(request, error)
        )
    return await _signed_in(request, shell, account, next)


@router.post("/sign-out")
async def sign_out(request: Request, shell: TheShell, csrf_token: Text = "") -> Response:
    """End the session; again changes nothing."""
    token = shell.cookies.read(request)
    session = await shell.access.sessions.find(token, address_of(request)) if token else None
    response = see(_FIRST)
    if session is not None and token is not None:
        check_csrf(request, expected=session.csrf, given=unmask(csrf_token))
        await shell.access.sessions.end(token, address_of(request))
    shell.cookies.clear(response)
    return response


async def _signed_in(request: Request, shell: TheShell, account: Account, next_page: str) -> Response:
    browser = browser_of(request.headers.get("user-agent", ""))
    token, _ = await shell.access.sessions.start(account, address_of(request), browser)
    response = see(_here(next_page))
    shell.cookies.write(response, token)
    return response


def _form(
    request: Request,
    shell: TheShell,
    template: str,
    next_page: str,
    status: int = 200,
    *,
    username: str = "",
    problem: str = "",
) -> Response:
    holder = Response()
    token = shell.cookies.guest_token(request, holder)
    answer = page(
        request, template, status, guest=mask(token), username=username, problem=problem, next=_here(next_page)
    )
    answer.headers.append("set-cookie", holder.headers["set-cookie"])
    return answer


def _words(request: Request, error: DomainError) -> str:
    default = labels.PASSWORD.get(error.rule or "", error.message)
    return detail_of(error.code, language_of(request), default)


def _here(target: str) -> str:
    """Only a path of this site may follow a sign-in."""
    parts = urlsplit(target)
    inside = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if inside else "/"
