"""How a change to one woman is made and answered: in whose name, once per Idempotency-Key, with the new version."""

import orjson
from fastapi import Request
from starlette.responses import Response

from libs.access.principal import Principal
from libs.events.commands import Receipt
from libs.events.runtime import Runtime
from libs.service.writes import idempotency, meta_of, write_headers
from services.registry.api.schemas import ReceiptOut
from services.registry.handlers import people
from services.registry.handlers.people import Caller


async def report(
    request: Request,
    principal: Principal,
    runtime: Runtime,
    command: people.Report,
    seen: int | None,
    *,
    valid: str,
) -> Response:
    """Decide on her own stream; `valid` is when it is true, `seen` the version the caller knows."""

    def respond(receipt: Receipt) -> bytes:
        return body_of(ReceiptOut(woman_id=command.woman_id, version=receipt.version))

    receipt = await people.report(
        runtime,
        caller_of(request, principal, valid),
        command,
        expected=seen,
        idempotency=await idempotency(request, principal),
        respond=respond,
    )
    return await answer(request, ReceiptOut(woman_id=command.woman_id, version=receipt.version), receipt)


def caller_of(request: Request, principal: Principal, valid: str | None = None) -> Caller:
    """For whom a decision is made."""
    return Caller(principal.division.range(), meta_of(request, principal, valid=valid))


def body_of(receipt: ReceiptOut) -> bytes:
    """The receipt as it is kept for a repeated request."""
    return orjson.dumps(receipt.model_dump(mode="json"))


async def answer(request: Request, out: ReceiptOut, receipt: Receipt) -> Response:
    """The receipt with version and position in its headers."""
    response = Response(receipt.replayed or body_of(out), media_type="application/json")
    await write_headers(request, response, receipt)
    return response
