"""What every writing route needs: who and why for the event, the idempotency key, the version a change was made to."""

import base64
import hashlib
import re
import struct
from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID, uuid5

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from libs.access.principal import Principal
from libs.events.commands import Idempotency, Receipt
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.service.bodies import Malformed
from libs.service.context import context_of
from libs.service.traits import IfMatchStated
from libs.values.errors import DomainError, Invalid

_NAMESPACE: Final = UUID("5a0d7c1e-6f0b-5c8e-9b1d-6f1a2c3d4e5f")
_KEY: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")  # visible ASCII without quote and backslash
_ETAG: Final = re.compile(r'(?:W/)?"(\d{1,18})"')


class PreconditionRequired(DomainError):
    """A change without saying which version it was made to."""

    status = 428


def meta_of(request: Request, principal: Principal, *, valid: str | None = None) -> Meta:
    """Who does it, in which role and unit, in which request; `valid` is the ISO date or period it was true."""
    context = context_of(request.scope)
    return Meta(
        actor=principal.sub,
        role=principal.role,
        unit=principal.division.code,
        correlation_id=context.correlation_id,
        traceparent=context.traceparent,
        valid=valid,
    )


async def idempotency(request: Request, principal: Principal, *, fingerprint: str | None = None) -> Idempotency:
    """From `Idempotency-Key` (quoted or bare); 400 when it is missing.

    Client, method and path belong to the key, so no caller can meet another's. The fingerprint is the SHA-256 of the
    body; a route that streams a file hands in the file's.
    """
    key = key_of(request)
    path = request.scope["path"]
    command_id = uuid5(_NAMESPACE, "\n".join((principal.sub, request.method, path, key)))
    query = request.scope.get("query_string", b"")
    content = fingerprint.encode() if fingerprint is not None else await request.body()
    return Idempotency(command_id, principal.sub, hashlib.sha256(query + b"\n" + content).hexdigest())


def key_of(request: Request) -> str:
    """The `Idempotency-Key`, quoted or bare; 400 when it is missing, malformed or given twice."""
    values = request.headers.getlist("idempotency-key")
    if not values:
        raise Malformed("idempotency.key_missing", "Idempotency-Key is missing", field="Idempotency-Key")
    key = values[0].strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if len(values) > 1 or not _KEY.fullmatch(key):
        raise Malformed("idempotency.key_malformed", "Idempotency-Key is malformed", field="Idempotency-Key")
    return key


def etag(version: int) -> str:
    """The `ETag` of a stream's version."""
    return f'"{version}"'


def if_match(request: Request) -> int:
    """The version named by `If-Match`: 428 without it, 422 when it is none of ours. Hand it on as `expected`."""
    value = request.headers.get("if-match")
    if value is None:
        raise PreconditionRequired(
            "common.if_match_missing", "修改时必须带请求头 If-Match（读取时得到的 ETag）。", field="If-Match"
        )
    match = _ETAG.fullmatch(value.strip())
    if match is None:
        raise Invalid("common.if_match_malformed", "If-Match 应为读取时得到的 ETag。", field="If-Match", right='"3"')
    return int(match[1])


class _Required(IfMatchStated):
    required = True

    async def __call__(self, request: Request) -> int:
        return if_match(request)


class _Free(IfMatchStated):
    required = False

    async def __call__(self, request: Request) -> int | None:
        return if_match(request) if "if-match" in request.headers else None


IfMatch = Annotated[int, Depends(_Required())]
IfMatchIfAny = Annotated[int | None, Depends(_Free())]


class Passing(Response):
    """An answer that may be another when asked again, so `once` does not keep it."""


def json_answer(
    model: BaseModel, status: int, headers: Mapping[str, str] | None = None, *, passing: bool = False
) -> Response:
    """A model as an answer of its own, for writes that are kept by `once`, unless it is `passing`."""
    kind = Passing if passing else Response
    return kind(model.model_dump_json(), status, headers, "application/json")


def versioned(model: BaseModel, version: int, status: int = 200, location: str | None = None) -> Response:
    """A changed or new thing with the `ETag` of its version, kept by `once`; of a new one also its `Location`."""
    return json_answer(model, status, {"ETag": etag(version)} | ({"Location": location} if location else {}))


def path_in(request: Request, path: str) -> str:
    """A path of this service as its callers know it, also where the service is mounted in another."""
    return f"{request.scope.get('root_path', '').rstrip('/')}{path}"


async def write_headers(request: Request, response: Response, receipt: Receipt) -> None:
    """`ETag`, `Read-Token`, `Event-Id`, and `Idempotency-Replayed` when this answer was given before."""
    response.headers["ETag"] = etag(receipt.version)
    response.headers.update(await transaction_headers(request, receipt.xid, wrote=bool(receipt.event_ids)))
    if receipt.replayed is not None:
        response.headers["Idempotency-Replayed"] = "true"


async def transaction_headers(request: Request, xid: int, *, wrote: bool = True) -> dict[str, str]:
    """`Read-Token` for reads of this service, and `Event-Id` for reads of others, if it said anything to them."""
    headers = {"Read-Token": read_token(xid)}
    runtime: Runtime = request.app.state.runtime
    if wrote and (event_id := await runtime.said(xid)):
        headers["Event-Id"] = f"{runtime.service.name}:{event_id}"
    return headers


def read_token(xid: int) -> str:
    """Opaque to callers: the transaction a later read of this service may wait for."""
    return base64.urlsafe_b64encode(struct.pack(">BQ", 1, xid)).decode().rstrip("=")


def xid_of(token: str) -> int:
    """The reverse of `read_token`; 422 for what is none."""
    try:
        kind, xid = struct.unpack(">BQ", base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, struct.error):
        kind, xid = 0, 0
    if kind != 1:
        raise Invalid("common.read_token", "Read-Token 无效。", field="Read-Token", right="写操作回答里的 Read-Token")
    return int(xid)


def prefers(request: Request, name: str) -> str | None:
    """The value of a preference (RFC 7240), empty for one without; None when it is not stated. The first counts."""
    for part in ",".join(request.headers.getlist("prefer")).split(","):
        stated, _, value = part.partition(";")[0].strip().partition("=")
        if stated.strip().lower() == name:
            return value.strip().strip('"').lower()
    return None


def prefer_wait(request: Request, most: float = 30.0) -> float:
    """Seconds of `Prefer: wait=2`, at most `most`; 0 without it."""
    value = prefers(request, "wait") or ""
    return min(float(value), most) if value.isdecimal() and value.isascii() else 0.0
