"""Routes of the security administrator over the clients of partners.

Errors: 403 `access.scope_missing`; 404 `common.not_found`; 409 `access.two_secrets`; 412 `access.stale`;
422 `access.scope_above`, `access.division_outside`, `access.end_past`, `access.overlap`.
"""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response, status
from pydantic import AwareDatetime, BaseModel, Field

from libs.access.api import Administrator, DivisionCode, Name, TheAccess
from libs.access.clients import Client, ClientChange
from libs.service.bodies import Body
from libs.service.paging import Page, PageOf
from libs.service.writes import etag, if_match
from libs.values.division import Division

router = APIRouter(prefix="/v1/clients", tags=["access"])
Scopes = Annotated[
    list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=20, examples=[["registry:read"]])
]
Agreement = Annotated[str, Field(min_length=1, max_length=100, examples=["雷山农商行 2016 协议"])]


class NewClient(Body):
    """A partner's program."""

    name: Name
    division: DivisionCode
    agreement: Agreement
    scopes: Scopes
    expires_at: AwareDatetime | None = None


class ClientChangeBody(Body):
    """What is left out stays as it is."""

    name: Name | None = None
    agreement: Agreement | None = None
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
    """A client without its secrets; `client_id` is what it sends to the token endpoint."""

    client_id: UUID
    name: str
    division: str
    agreement: str
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
    request: Request, response: Response, principal: Administrator, access: TheAccess, page: Page
) -> PageOf[ClientOut]:
    """Clients of the caller's units, by division."""
    found = await access.clients.page(principal, page.after(request, principal, {}), page.limit + 1)
    rows = [client_out(client) for client in found]
    return page.answer(request, response, principal, {}, rows, key=lambda row: [row.division, str(row.client_id)])


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_client(
    request: Request, response: Response, body: NewClient, principal: Administrator, access: TheAccess
) -> ClientWithSecret:
    """Make a client inside one's own division; its secret is in this answer and nowhere else."""
    client, secret = await access.clients.create(
        principal,
        name=body.name,
        division=Division(body.division),
        agreement=body.agreement,
        scopes=frozenset(body.scopes),
        expires_at=body.expires_at,
    )
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/v1/clients/{client.id}"
    response.headers["ETag"] = etag(client.version)
    return ClientWithSecret(client=client_out(client), client_secret=secret)


@router.get("/{client_id}")
async def read_client(client_id: UUID, response: Response, principal: Administrator, access: TheAccess) -> ClientOut:
    """One client."""
    client = await access.clients.get(principal, client_id)
    response.headers["ETag"] = etag(client.version)
    return client_out(client)


@router.patch("/{client_id}")
async def change_client(
    request: Request,
    response: Response,
    client_id: UUID,
    body: ClientChangeBody,
    principal: Administrator,
    access: TheAccess,
) -> ClientOut:
    """Change name, agreement, scopes or end, close or open it again; needs `If-Match`."""
    scopes = None if body.scopes is None else frozenset(body.scopes)
    change = ClientChange(body.name, body.agreement, scopes, body.expires_at, body.disabled)
    client = await access.clients.change(principal, client_id, if_match(request), change)
    response.headers["ETag"] = etag(client.version)
    return client_out(client)


@router.post("/{client_id}/secrets", status_code=status.HTTP_201_CREATED)
async def add_secret(
    request: Request,
    response: Response,
    client_id: UUID,
    body: NewSecret,
    principal: Administrator,
    access: TheAccess,
) -> ClientWithSecret:
    """A new secret, good at once; the one before ends after `keep_hours`. Needs `If-Match`."""
    keep = timedelta(hours=body.keep_hours)
    client, secret = await access.clients.add_secret(principal, client_id, if_match(request), keep)
    response.headers["ETag"] = etag(client.version)
    return ClientWithSecret(client=client_out(client), client_secret=secret)


@router.delete("/{client_id}/secrets/{secret_id}", status_code=status.HTTP_204_NO_CONTENT)
async def end_secret(client_id: UUID, secret_id: UUID, principal: Administrator, access: TheAccess) -> None:
    """Make a secret worthless at once."""
    await access.clients.end_secret(principal, client_id, secret_id)


def client_out(client: Client) -> ClientOut:
    """The client as administrators see it."""
    return ClientOut(
        client_id=client.id,
        name=client.name,
        division=client.division.code,
        agreement=client.agreement,
        scopes=sorted(client.scopes),
        expires_at=client.expires_at,
        disabled=client.disabled_at is not None,
        version=client.version,
        secrets=[
            SecretOut(id=each.id, created_at=each.created_at, expires_at=each.expires_at) for each in client.secrets
        ],
    )
