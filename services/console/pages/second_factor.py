"""The user's own second factor: bind a telephone, get recovery codes, do without where that is allowed."""

from typing import Annotated, Final

import segno
from fastapi import APIRouter, Depends, Form, Request
from markupsafe import Markup
from pydantic import SecretStr
from starlette.responses import Response

from libs.access.fastapi import public
from libs.service.context import address_of
from libs.service.wording import detail_of
from libs.values.errors import DomainError
from services.console.shell import Shell, TheShell, Visitor, enrolling_visitor, language_of, page, see

router = APIRouter(dependencies=[public()])
Owner = Annotated[Visitor, Depends(enrolling_visitor)]
Code = Annotated[SecretStr, Form()]
_PAGE: Final = "/second-factor"


@router.get(_PAGE)
async def show_second_factor(request: Request, visitor: Owner, shell: TheShell) -> Response:
    """The QR code for a telephone, or what is bound already."""
    return await _show(request, shell, visitor)


@router.post(_PAGE)
async def confirm(request: Request, visitor: Owner, shell: TheShell, code: Code) -> Response:
    """Right digits: the telephone is bound, other sessions end, and the recovery codes are shown this once."""
    account = visitor.session.account
    try:
        codes = await shell.access.factors.confirm(
            account, code.get_secret_value(), address_of(request), visitor.session.id
        )
    except DomainError as error:
        return await _show(request, shell, visitor, error)
    await shell.access.sessions.end_others(visitor.session, address_of(request), why="factor_confirmed")
    return page(request, "recovery_codes.html", codes=codes)


@router.post(_PAGE + "/codes")
async def renew_codes(request: Request, visitor: Owner, shell: TheShell, code: Code) -> Response:
    """New recovery codes in place of the old ones, for the digits of now."""
    account = visitor.session.account
    try:
        await shell.access.sign_in.check_code(account, code.get_secret_value(), address_of(request))
    except DomainError as error:
        return await _show(request, shell, visitor, error)
    codes = await shell.access.factors.renew_codes(account, address_of(request))
    return page(request, "recovery_codes.html", codes=codes)


@router.post(_PAGE + "/removal")
async def remove(request: Request, visitor: Owner, shell: TheShell, code: Code) -> Response:
    """Do without a second factor, where the role allows it, for the digits of now."""
    account = visitor.session.account
    try:
        await shell.access.sign_in.check_code(account, code.get_secret_value(), address_of(request))
        await shell.access.factors.remove(account, address_of(request))
    except DomainError as error:
        return await _show(request, shell, visitor, error)
    return see("/account")


async def _show(request: Request, shell: Shell, visitor: Visitor, error: DomainError | None = None) -> Response:
    factors, account = shell.access.factors, visitor.session.account
    words = detail_of(error.code, language_of(request), error.message) if error else ""
    status = error.status if error else 200
    required = factors.required(account.role)
    if account.second_factor:
        left = await factors.codes_left(account)
        return page(request, "second_factor.html", status, required=required, left=left, problem=words)
    enrolment = await factors.begin(account, visitor.session.id)
    drawn = Markup(segno.make(enrolment.uri, error="m").svg_inline(scale=5, border=3))  # noqa: S704 - drawn by us
    return page(
        request, "enrol.html", status, required=required, drawn=drawn, secret=_grouped(enrolment.secret), problem=words
    )


def _grouped(secret: str) -> str:
    """In fours, as one types it."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
