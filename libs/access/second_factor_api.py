"""Routes of the second factor: enrolling it by one's password, and an administrator's reset.

Errors: 401 `access.sign_in_refused`; 403 `access.password_change_required`, `access.scope_missing`;
404 `common.not_found`; 409 `access.factor_exists`; 422 `access.wrong_code`, `access.own_account`.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel, Field, SecretStr

from libs.access.accounts import Account
from libs.access.api import Access, Administrator, SignInBody, TheAccess
from libs.access.fastapi import public
from libs.events.types import Connection
from libs.service.context import address_of
from libs.service.once import once_in_transaction
from libs.service.writes import IfMatch

router = APIRouter(prefix="/v1", tags=["access"])


class Confirmation(SignInBody):
    """The digits the telephone shows now."""

    code: Annotated[SecretStr, Field(min_length=6, max_length=20, examples=["123456"])]


class EnrolmentOut(BaseModel):
    """What a telephone needs: `uri` is what its QR code holds."""

    secret: str
    uri: str


class RecoveryCodes(BaseModel):
    """Each is good once, in place of the digits; shown this once."""

    recovery_codes: list[str]


@router.post("/second-factor", dependencies=[public()], responses={401: {}, 403: {}, 409: {}})
async def begin_second_factor(request: Request, body: SignInBody, access: TheAccess) -> EnrolmentOut:
    """A new secret for one's telephone; one that was begun before is worth nothing from now on."""
    enrolment = await access.factors.begin(await _owner(request, body, access, "factor_begun"))
    return EnrolmentOut(secret=enrolment.secret, uri=enrolment.uri)


@router.post("/second-factor/confirmation", dependencies=[public()], responses={401: {}, 403: {}, 409: {}})
async def confirm_second_factor(request: Request, body: Confirmation, access: TheAccess) -> RecoveryCodes:
    """Confirm by the digits it shows; from now on every sign-in asks for them, and all sessions end."""
    account = await _owner(request, body, access, "factor_tried")
    codes = await access.factors.confirm(account, body.code.get_secret_value(), address_of(request))
    await access.sessions.end_all(account, address_of(request), "factor_confirmed")
    return RecoveryCodes(recovery_codes=codes)


@router.post("/accounts/{account_id}/second-factor-reset", status_code=status.HTTP_204_NO_CONTENT)
async def reset_second_factor(
    request: Request, account_id: UUID, principal: Administrator, access: TheAccess, seen: IfMatch
) -> Response:
    """For a lost telephone: the factor and all sessions end, and the next sign-in enrols a new one."""

    async def work(tx: Connection) -> Response:
        account = await access.accounts.for_factor_reset(principal, account_id, seen, tx)
        await access.factors.reset(principal, account, address_of(request), tx)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return await once_in_transaction(request, principal, work)


async def _owner(request: Request, body: SignInBody, access: Access, noted: str) -> Account:
    """Who proves it by the password; where a factor exists already, by its code too."""
    password, code = body.password.get_secret_value(), body.code.get_secret_value()
    return await access.sign_in.sign_in_to_enrol(body.username, password, address_of(request), code, noted=noted)
