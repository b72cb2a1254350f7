"""Routes of access for people: a token for a password, changing a password, the public keys, and accounts.

Errors: 401 `access.sign_in_refused`; 403 `access.password_change_required`, `access.scope_missing`;
404 `common.not_found`; 409 `access.username_taken`; 412 `access.stale`;
422 `access.password_rules`, `access.username`, `access.role`, `access.measure`, `access.division_outside`,
`access.own_account`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from libs.access.accounts import Account, Accounts, Change, account_of
from libs.access.accounts import NewAccount as Made
from libs.access.agreements import Agreements
from libs.access.client_sign_in import ClientSignIn
from libs.access.clients import Clients
from libs.access.fastapi import public, requires
from libs.access.joining import UNCHANGED
from libs.access.principal import Principal
from libs.access.second_factor import SecondFactors
from libs.access.sessions import Sessions
from libs.access.sign_in import SignIn
from libs.access.signing import LONGEST_LIFE
from libs.access.tokens import PASSWORD_LIFE, Issuer
from libs.audit.trail import Trail
from libs.events.types import Connection, Pool
from libs.service.bodies import Body
from libs.service.context import address_of
from libs.service.once import once, once_in_transaction
from libs.service.paging import Page, PageOf
from libs.service.traits import unversioned
from libs.service.writes import IfMatch, etag, json_answer, path_in, versioned
from libs.values.division import NATION, Division
from libs.values.errors import Forbidden

Username = Annotated[str, Field(min_length=1, max_length=100)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]
Code = Annotated[SecretStr, Field(max_length=20, examples=["123456"])]
DivisionCode = Annotated[str, Field(pattern="^[0-9]{12}$", examples=["522634000000"])]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Measures = Annotated[
    list[Annotated[str, Field(max_length=40)]],
    Field(max_length=20, examples=[["training"]], description="null: all measures"),
]
_AT_ONCE = "whatever is open ends: a stolen session must not go on because the account was changed just now"
Administrator = Annotated[Principal, requires("accounts:write")]


@dataclass(frozen=True, slots=True)
class Access:
    """What the composition root hands in."""

    accounts: Accounts
    sign_in: SignIn
    sessions: Sessions
    issuer: Issuer
    pool: Pool
    trail: Trail
    agreements: Agreements
    clients: Clients
    client_sign_in: ClientSignIn
    factors: SecondFactors


async def get_access(request: Request) -> Access:
    """The parts behind these routes."""
    access = request.app.state.access
    assert isinstance(access, Access)
    return access


TheAccess = Annotated[Access, Depends(get_access)]
router = APIRouter(prefix="/v1", tags=["access"])


class SignInBody(Body):
    """A user name and its password, taken as it was typed; `code` where the account has a second factor."""

    model_config = ConfigDict(str_strip_whitespace=False)

    username: Username
    password: Password
    code: Code = SecretStr("")


class NewPassword(SignInBody):
    """The same with the new password; a one-time password is changed by this."""

    new_password: Password


class TokenOut(BaseModel):
    """RFC 6749 §5.1."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the kind of token
    expires_in: int


class Rotation(Body):
    """`at_once`: the old key was stolen, and every token it signed is to be worthless now."""

    at_once: bool = False


class Rotated(BaseModel):
    """The id of the key that signs from now on."""

    kid: str


class NewAccount(Body):
    """An account for one person."""

    username: Username
    name: Name
    role: Annotated[str, Field(max_length=20, examples=["cadre"])]
    division: DivisionCode
    measures: Measures | None = None


class AccountChange(Body):
    """What is left out stays as it is; `measures: null` lifts their limit."""

    name: Name | None = None
    role: Annotated[str, Field(max_length=20)] | None = None
    division: DivisionCode | None = None
    disabled: bool | None = None
    measures: Measures | None = None


class AccountOut(BaseModel):
    """An account without its password."""

    id: UUID
    username: str
    name: str
    role: str
    division: str
    must_change: bool
    locked_until: datetime | None
    disabled: bool
    version: int
    second_factor: bool
    measures: list[str] | None


class NewAccountOut(BaseModel):
    """The password is shown this once and must be changed at the first sign-in."""

    account: AccountOut
    one_time_password: str


class OneTimePassword(BaseModel):
    """Shown this once."""

    one_time_password: str


@router.post("/sign-in", dependencies=[public()], responses={401: {}, 403: {}})
async def sign_in(request: Request, body: SignInBody, access: TheAccess) -> TokenOut:
    """A bearer token for five minutes. 403 while the password is for one use, or a required factor is missing."""
    password, code = body.password.get_secret_value(), body.code.get_secret_value()
    account = await access.sign_in.sign_in(body.username, password, address_of(request), code)
    token = access.issuer.user_token(account.principal(), PASSWORD_LIFE)
    return TokenOut(access_token=token, expires_in=int(PASSWORD_LIFE.total_seconds()))


@router.post("/password", status_code=status.HTTP_204_NO_CONTENT, dependencies=[public()], responses={401: {}, 403: {}})
async def change_password(request: Request, body: NewPassword, access: TheAccess) -> None:
    """Change one's password by the old one; all sessions of the account end."""
    old, new = body.password.get_secret_value(), body.new_password.get_secret_value()
    code = body.code.get_secret_value()
    await access.sign_in.change_password(body.username, old, new, address_of(request), code)


@router.get("/keys", dependencies=[public()])
async def read_keys(access: TheAccess) -> dict[str, list[dict[str, Any]]]:
    """The public keys of the issuer (JWKS, RFC 7517), for services in other processes."""
    return access.issuer.jwks()


@router.post("/keys/rotation", response_model=Rotated)
async def rotate_keys(request: Request, body: Rotation, principal: Administrator, access: TheAccess) -> Response:
    """A new key signs at once; tokens of those before go on until they end, or end now when one was stolen.

    Services that follow the published keys learn of a stolen one within half a minute.

    For the whole installation, so only who rules the whole country's accounts may do it.
    """
    if principal.division != NATION:
        raise Forbidden("access.whole_country", "签名密钥属于整个系统，只有全国范围的安全管理员可以更换。")

    async def work() -> Response:
        kid = access.issuer.rotate(timedelta(0) if body.at_once else LONGEST_LIFE)
        return json_answer(Rotated(kid=kid), status.HTTP_200_OK)

    return await once(request, principal, work)


@router.get("/accounts")
async def list_accounts(
    request: Request, response: Response, principal: Administrator, access: TheAccess, page: Page
) -> PageOf[AccountOut]:
    """Accounts of the caller's units, by division."""
    listing, key = access.accounts.listed(principal), page.after(request, principal, {})
    found = await listing.page((key[0], UUID(key[1])) if key else None, page.limit + 1)
    rows = [account_out(account_of(record)) for record in found]
    return page.answer(
        request, response, principal, {}, rows,
        key=lambda row: [row.division, str(row.id)], count=await page.count(listing),
    )  # fmt: skip


@router.post("/accounts", status_code=status.HTTP_201_CREATED, response_model=NewAccountOut)
async def create_account(request: Request, body: NewAccount, principal: Administrator, access: TheAccess) -> Response:
    """Make an account inside one's own division."""
    measures = None if body.measures is None else frozenset(body.measures)
    new = Made(body.username, body.name, body.role, Division(body.division), measures)

    async def work(tx: Connection) -> Response:
        account, password = await access.accounts.create(principal, new, tx)
        made = NewAccountOut(account=account_out(account), one_time_password=password)
        location = path_in(request, f"/v1/accounts/{account.id}")
        return versioned(made, account.version, status.HTTP_201_CREATED, location)

    return await once_in_transaction(request, principal, work)


@router.get("/accounts/{account_id}")
async def read_account(account_id: UUID, response: Response, principal: Administrator, access: TheAccess) -> AccountOut:
    """One account."""
    account = await access.accounts.get(principal, account_id)
    response.headers["ETag"] = etag(account.version)
    return account_out(account)


@router.patch("/accounts/{account_id}", response_model=AccountOut)
async def change_account(
    request: Request, account_id: UUID, body: AccountChange, principal: Administrator, access: TheAccess, seen: IfMatch
) -> Response:
    """Change name, role, division or measures, close or open it again; needs `If-Match`."""
    division = Division(body.division) if body.division else None
    limits = None if body.measures is None else frozenset(body.measures)
    measures = limits if "measures" in body.model_fields_set else UNCHANGED
    change = Change(body.name, body.role, division, body.disabled, measures)

    async def work(tx: Connection) -> Response:
        account = await access.accounts.change(principal, account_id, seen, change, tx)
        return versioned(account_out(account), account.version)

    return await once_in_transaction(request, principal, work)


@router.post("/accounts/{account_id}/password-reset", response_model=OneTimePassword)
async def reset_password(
    request: Request, account_id: UUID, principal: Administrator, access: TheAccess, seen: IfMatch
) -> Response:
    """A new one-time password; the account's sessions and its locks end. Needs `If-Match`."""

    async def work(tx: Connection) -> Response:
        password = await access.accounts.reset_password(principal, account_id, seen, tx)
        return json_answer(OneTimePassword(one_time_password=password), status.HTTP_200_OK)

    return await once_in_transaction(request, principal, work)


@router.delete(
    "/accounts/{account_id}/sessions", status_code=status.HTTP_204_NO_CONTENT, dependencies=[unversioned(_AT_ONCE)]
)
async def end_account_sessions(account_id: UUID, principal: Administrator, access: TheAccess) -> None:
    """End all sessions of an account on the console; tokens that are out end by themselves within five minutes."""
    await access.accounts.end_sessions(principal, account_id)


def account_out(account: Account) -> AccountOut:
    """The account as administrators see it."""
    return AccountOut(
        id=account.id,
        username=account.username,
        name=account.name,
        role=account.role,
        division=account.division.code,
        must_change=account.must_change,
        locked_until=account.locked_until,
        disabled=account.disabled_at is not None,
        version=account.version,
        second_factor=account.second_factor,
        measures=None if account.measures is None else sorted(account.measures),
    )
