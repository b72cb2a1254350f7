"""The token endpoint of partners: client credentials (RFC 6749 §4.4), answers and errors exactly as the RFC has them.

The client names itself by HTTP Basic (`client_secret_basic`) or in the form (`client_secret_post`), never by both. A
partner of another issuer exchanges that one's token for ours (JWT bearer grant, RFC 7523 §2.1). Either token carries
what the agreement says at this moment, and ends with the agreement at the latest.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, NoReturn
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from libs.access.api import Access, get_access
from libs.access.client_sign_in import Granted
from libs.access.fastapi import public
from libs.access.tokens import CLIENT_LIFE, Verifier
from libs.service.context import address_of
from libs.values.errors import Forbidden, Unauthenticated

router = APIRouter(prefix="/v1", tags=["access"])
CREDENTIALS: Final = "client_credentials"
ASSERTION: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 20
_LONGEST: Final = 8192
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}

_ERROR_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "string",
            "enum": [
                "invalid_request",
                "invalid_client",
                "invalid_grant",
                "unsupported_grant_type",
                "invalid_scope",
            ],
        },
        "error_description": {"type": "string"},
    },
}
_FORM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": [CREDENTIALS, ASSERTION]},
        "assertion": {"type": "string", "description": "With the JWT bearer grant: the other issuer's token."},
        "scope": {"type": "string", "description": "Blank-separated; without it all scopes of the client."},
        "client_id": {"type": "string", "description": "Only without an Authorization header."},
        "client_secret": {"type": "string", "description": "Only without an Authorization header."},
    },
}


def _error_answer(description: str, example: str) -> dict[str, Any]:
    content = {"application/json": {"schema": _ERROR_SCHEMA, "example": {"error": example}}}
    return {"description": description, "content": content}


class OAuthError(Exception):
    """A refusal of RFC 6749 §5.2: `error` is one of its codes, `description` plain ASCII."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status

    def answer(self) -> Response:
        """As the RFC asks: JSON, not kept by anybody, and on 401 the scheme that is wanted."""
        headers = _NO_STORE | ({"WWW-Authenticate": 'Basic realm="jinguo"'} if self.status == 401 else {})
        return JSONResponse({"error": self.error, "error_description": self.description}, self.status, headers)


@router.post(
    "/token",
    dependencies=[public()],
    openapi_extra={"requestBody": {"required": True, "content": {_FORM: {"schema": _FORM_SCHEMA}}}},
    responses={
        200: {
            "description": "A bearer token (RFC 6749 §5.1)",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["access_token", "token_type", "expires_in", "scope"],
                        "properties": {
                            "access_token": {"type": "string"},
                            "token_type": {"type": "string", "enum": ["Bearer"]},
                            "expires_in": {"type": "integer", "description": "seconds"},
                            "scope": {"type": "string"},
                        },
                    }
                }
            },
        },
        400: _error_answer("The request or its scope is not right", "invalid_scope"),
        401: _error_answer("Unknown client, wrong secret, closed, expired or locked", "invalid_client"),
    },
)
async def create_token(request: Request, access: Annotated[Access, Depends(get_access)]) -> Response:
    """Give a partner's client a bearer token for ten minutes (OAuth 2 client credentials)."""
    try:
        form = await _form(request)
        granted = await (_vouched if _is_vouched(form) else _authenticated)(request, access, form)
        return _token(access, granted, form.get("scope"), request.app.state.clock())
    except OAuthError as error:
        return error.answer()


async def _form(request: Request) -> Mapping[str, str]:
    """The fields; unknown ones are ignored, doubled ones refused (RFC 6749 §3.2)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        _invalid(f"send the parameters as {_FORM}")
    body = await request.body()
    if len(body) > _LONGEST:
        _invalid("the form is too long")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        _invalid("the form cannot be read")
    form = dict(pairs)
    if len(form) != len(pairs):
        _invalid("a parameter is given twice")
    return form


def _is_vouched(form: Mapping[str, str]) -> bool:
    if not form.get("grant_type"):
        _invalid("grant_type is missing")
    if form["grant_type"] not in {CREDENTIALS, ASSERTION}:
        raise OAuthError("unsupported_grant_type", f"grant_type is {CREDENTIALS} or {ASSERTION}")
    return form["grant_type"] == ASSERTION


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    headers = request.headers.getlist("authorization")
    if not headers:
        return form.get("client_id", ""), form.get("client_secret", "")
    if len(headers) > 1 or "client_secret" in form:
        _invalid("name the client in one way only")
    client_id, secret = _basic(headers[0])
    if form.get("client_id", client_id) != client_id:
        _invalid("client_id differs from the Authorization header")
    return client_id, secret


def _basic(header: str) -> tuple[str, str]:
    """Id and secret, each form-encoded before base64 (RFC 6749 §2.3.1); empty for what is no such header."""
    scheme, _, encoded = header.partition(" ")
    try:
        plain = base64.b64decode(encoded.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        plain = ""
    client_id, _, secret = plain.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


async def _authenticated(request: Request, access: Access, form: Mapping[str, str]) -> Granted:
    client_id, secret = _credentials(request, form)
    try:
        client = await access.client_sign_in.authenticate(client_id, secret, address_of(request))
    except Unauthenticated as error:
        description = (
            "unknown client, wrong secret, closed, expired, agreement not in force, "
            "or locked for 15 minutes after 5 wrong secrets"
        )
        raise OAuthError("invalid_client", description, 401) from error
    ends = [end for end in (client.expires_at, client.agreement.ends()) if end is not None]
    return Granted(client.principal(), min(ends, default=None))


async def _vouched(request: Request, access: Access, form: Mapping[str, str]) -> Granted:
    """RFC 7523 §3.1: whatever is wrong with the assertion is `invalid_grant`."""
    if request.headers.getlist("authorization") or "client_secret" in form:
        _invalid("the assertion says who you are: send no client credentials beside it")
    verifier: Verifier = request.app.state.verifier
    assertion = form.get("assertion", "")
    try:
        await verifier.follow(assertion)
        return await access.client_sign_in.vouched(verifier.vouched(assertion), address_of(request))
    except (Unauthenticated, Forbidden) as error:
        description = "the assertion is not good, names no partner of ours, or its agreement is not in force"
        raise OAuthError("invalid_grant", description) from error


def _token(access: Access, granted: Granted, scope: str | None, now: datetime) -> Response:
    asked = None if scope is None else frozenset(scope.split())
    principal = granted.principal
    if asked is not None:
        principal = replace(principal, scopes=principal.scopes & asked)
    if not principal.scopes or (asked is not None and asked - principal.scopes):
        raise OAuthError("invalid_scope", "the client has no such scope, or its agreement gives none any more")
    life = CLIENT_LIFE if granted.ends is None else min(CLIENT_LIFE, granted.ends - now)
    token = access.issuer.user_token(principal, life)
    answer = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(life.total_seconds()),
        "scope": " ".join(sorted(principal.scopes)),
    }
    return JSONResponse(answer, headers=_NO_STORE)


def _invalid(description: str) -> NoReturn:
    raise OAuthError("invalid_request", description)
