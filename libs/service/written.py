"""The answer to a command on one thing: its id and version, made with the events and kept beside them for repeats.

receipt = await runtime.commands.handle(course, id, command, meta, idempotency=…, respond=answer_of(id))
return await written(request, id, receipt, created=True)
"""

from uuid import UUID

from fastapi import Request, Response, status
from pydantic import BaseModel

from libs.events.commands import Receipt, Respond
from libs.service.writes import write_headers


class Written(BaseModel):
    """What a write left: which thing, at which version."""

    id: UUID
    version: int


def answer_of(thing: UUID) -> Respond:
    """The body of the answer, made in the transaction of the events so that a repeat gets the same."""

    def respond(receipt: Receipt) -> bytes:
        return Written(id=thing, version=receipt.version).model_dump_json().encode()

    return respond


async def written(request: Request, thing: UUID, receipt: Receipt, *, created: bool = False) -> Response:
    """The answer with its version and what to wait for; of a new thing 201 and its address below the request's own."""
    body = receipt.replayed or answer_of(thing)(receipt)
    response = Response(body, status.HTTP_201_CREATED if created else status.HTTP_200_OK, media_type="application/json")
    await write_headers(request, response, receipt)
    if created:
        response.headers["Location"] = f"{request.url.path}/{Written.model_validate_json(body).id}"
    return response
