"""Routes of the security administrator over the clients of partners.

Errors: 403 `access.scope_missing`; 404 `common.not_found`; 409 `access.two_secrets`; 412 `access.stale`;
422 `access.scope_above`, `access.division_outside`, `access.agreement_division`, `access.agreement_not_in_force`,
`access.end_past`, `access.overlap`.
"""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response, status
from pydantic import AwareDatetime, BaseModel, Field

from libs.access.agreements import Standing
from libs.access.api import Administrator, DivisionCode, Name, TheAccess
from libs.access.clients import Client, ClientChange, NewClient
from libs.access.joining import UNCHANGED
from libs.events.types import Connection
from libs.service.bodies import Body
from libs.service.dependencies import Now
from libs.service.once import once_in_transaction
from libs.service.paging import Page, PageOf
from libs.service.writes import IfMatch, etag, path_in, versioned
from libs.values.division import Division

router = APIRouter(prefix="/v1/clients", tags=["access"])
Scopes = Annotated[
    list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=20, examples=[["registry:read"]])
]


class NewClientBody(Body):
    """A partner's program."""

    name: Name
    division: DivisionCode
    agreement_id: UUID
    scopes: Scopes
    expires_at: AwareDatetime | None = None


class ClientChangeBody(Body):
    """What is left out stays as it is; `expires_at: null` takes the end away."""

    name: Name | None = None
    agreement_id: UUID | None = None
    scopes: Scopes | None = None
    expires_at: AwareDatetime | None = None
    disabled: bool | None = None


class NewSecret(Body):
    """How long the secret before this one stays good."""

    keep_hours: Annotated[int, Field(ge=0, le=720)] = 168


class SecretOut(BaseModel):
    """That there is a secret; not the secret."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None


class ClientOut(BaseModel):
    """A client without its secrets; `client_id` is what it sends to the token endpoint.

    `agreement` is the name and present version of its agreement, `standing` whether that is in force.
    """

    client_id: UUID
    name: str
    division: str
    agreement_id: UUID
    agreement: str
    standing: Standing
    scopes: list[str]
    expires_at: datetime | None
    disabled: bool
    version: int
    secrets: list[SecretOut]


class ClientWithSecret(BaseModel):
    """The secret is shown this once."""

    client: ClientOut
    client_secret: str


@router.get("")
async def list_clients(
    request: Request, response: Response, principal: Administrator, access: TheAccess, page: Page, now: Now
) -> PageOf[ClientOut]:
    """Clients of the caller's units, by division."""
    listing, key = access.clients.listed(principal), page.after(request, principal, {})
    found = await listing.page((key[0], UUID(key[1])) if key else None, page.limit + 1)
    rows = [client_out(client, now()) for client in await access.clients.whole(found)]
    return page.answer(
        request, response, principal, {}, rows,
        key=lambda row: [row.division, str(row.client_id)], count=await page.count(listing),
    )  # fmt: skip


@router.post("", status_code=status.HTTP_201_CREATED, response_model=ClientWithSecret)
async def create_client(
    request: Request, body: NewClientBody, principal: Administrator, access: TheAccess, now: Now
) -> Response:
    """Make a client inside its agreement and one's own division; its secret is in this answer and nowhere else."""
    scopes = frozenset(body.scopes)
    new = NewClient(body.name, Division(body.division), body.agreement_id, scopes, body.expires_at)

    async def work(tx: Connection) -> Response:
        client, secret = await access.clients.create(principal, new, tx)
        return _with_secret(client, secret, now(), path_in(request, f"/v1/clients/{client.id}"))

    return await once_in_transaction(request, principal, work)


@router.get("/{client_id}")
async def read_client(
    response: Response, client_id: UUID, principal: Administrator, access: TheAccess, now: Now
) -> ClientOut:
    """One client; its agreement changes without it, so there is no 304."""
    client = await access.clients.get(principal, client_id)
    response.headers["ETag"] = etag(client.version)
    return client_out(client, now())


@router.patch("/{client_id}", response_model=ClientOut)
async def change_client(
    request: Request,
    client_id: UUID,
    body: ClientChangeBody,
    principal: Administrator,
    access: TheAccess,
    now: Now,
    seen: IfMatch,
) -> Response:
    """Change name, agreement, scopes or end, close or open it again; needs `If-Match`."""
    scopes = None if body.scopes is None else frozenset(body.scopes)
    ends = body.expires_at if "expires_at" in body.model_fields_set else UNCHANGED
    change = ClientChange(body.name, body.agreement_id, scopes, ends, body.disabled)

    async def work(tx: Connection) -> Response:
        client = await access.clients.change(principal, client_id, seen, change, tx)
        return versioned(client_out(client, now()), client.version)

    return await once_in_transaction(request, principal, work)


@router.post("/{client_id}/secrets", status_code=status.HTTP_201_CREATED, response_model=ClientWithSecret)
async def add_secret(
    request: Request,
    client_id: UUID,
    body: NewSecret,
    principal: Administrator,
    access: TheAccess,
    now: Now,
    seen: IfMatch,
) -> Response:
    """A new secret, good at once; the one before ends after `keep_hours`. Needs `If-Match`."""
    keep = timedelta(hours=body.keep_hours)

    async def work(tx: Connection) -> Response:
        client, secret = await access.clients.add_secret(principal, client_id, seen, keep, tx)
        return _with_secret(client, secret, now())

    return await once_in_transaction(request, principal, work)


@router.delete("/{client_id}/secrets/{secret_id}", status_code=status.HTTP_204_NO_CONTENT)
async def end_secret(
    client_id: UUID, secret_id: UUID, principal: Administrator, access: TheAccess, seen: IfMatch
) -> None:
    """Make a secret worthless at once; needs `If-Match`."""
    await access.clients.end_secret(principal, client_id, secret_id, seen)


def client_out(client: Client, now: datetime) -> ClientOut:
    """The client as administrators see it."""
    return ClientOut(
        client_id=client.id,
        name=client.name,
        division=client.division.code,
        agreement_id=client.agreement.id,
        agreement=client.agreement.label,
        standing=client.agreement.standing(now),
        scopes=sorted(client.scopes),
        expires_at=client.expires_at,
        disabled=client.disabled_at is not None,
        version=client.version,
        secrets=[
            SecretOut(id=each.id, created_at=each.created_at, expires_at=each.expires_at) for each in client.secrets
        ],
    )


def _with_secret(client: Client, secret: str, now: datetime, location: str | None = None) -> Response:
    made = ClientWithSecret(client=client_out(client, now), client_secret=secret)
    return versioned(made, client.version, status.HTTP_201_CREATED, location)
