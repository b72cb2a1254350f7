"""The user's own account: who she is here, and where she is signed in; a session she does not know she ends herself.

Whoever ends a session gives the password once more (ASVS 5.0, 7.5.2): a browser left open must not lock its owner out.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from pydantic import SecretStr
from starlette.responses import Response

from libs.access.fastapi import public
from libs.service.context import address_of
from libs.service.wording import detail_of
from libs.values.errors import DomainError, Invalid
from services.console.shell import Shell, TheShell, TheVisitor, Visitor, language_of, page, see

router = APIRouter(dependencies=[public()])
OTHERS: Final = "others"
_NONE: Final = SecretStr("")


@router.get("/account")
async def show_account(
    request: Request, visitor: TheVisitor, shell: TheShell, ended: Annotated[int | None, Query(ge=0, le=10_000)] = None
) -> Response:
    """Who one is signed in as, what one may do, and where one is signed in."""
    return await _show(request, shell, visitor, ended=ended)


@router.post("/account/sessions")
async def end_sessions(
    request: Request,
    visitor: TheVisitor,
    shell: TheShell,
    session: Annotated[str, Form(max_length=40)] = "",
    password: Annotated[SecretStr, Form()] = _NONE,
) -> Response:
    """End one other session, or all others; this one ends by signing out."""
    access, address = shell.access, address_of(request)
    try:
        if not session:
            raise Invalid("console.no_session", "请选择要结束哪个会话。", field="session", right=OTHERS)
        await access.sign_in.check_password(visitor.session.account, password.get_secret_value(), address)
    except DomainError as error:
        return await _show(request, shell, visitor, error=error)
    only = None if session == OTHERS else session
    return see("/account", ended=await access.sessions.end_others(visitor.session, address, only=only))


async def _show(
    request: Request, shell: Shell, visitor: Visitor, *, ended: int | None = None, error: DomainError | None = None
) -> Response:
    return page(
        request,
        "account.html",
        error.status if error else 200,
        scopes=sorted(visitor.principal.scopes),
        sessions=await shell.access.sessions.open_of(visitor.session.account),
        here=visitor.session.id,
        ended=ended,
        problem=detail_of(error.code, language_of(request), error.message) if error else "",
    )
