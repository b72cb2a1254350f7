"""How far each publisher has been read, and a wait for a number that is not there yet."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.service.dependencies import TheRuntime
from libs.service.query import LARGEST
from libs.values.errors import Invalid, Unavailable
from services.reporting.api.dependencies import Freshness, Reader, freshness, reached
from services.reporting.consumers import CONSUMERS

router = APIRouter(prefix="/v1/freshness", tags=["freshness"])


@router.get("")
async def read_freshness(
    _principal: Reader,
    runtime: TheRuntime,
    source: Annotated[str | None, Query(description="a publisher, with `number`")] = None,
    number: Annotated[int | None, Query(ge=0, le=LARGEST, description="the published number to wait for")] = None,
    wait: Annotated[float, Query(ge=0, le=60, description="seconds")] = 0,
) -> dict[str, Freshness]:
    """Per source the number read and its time. With `source` and `number`: 200 once reached, 503 when not in time.

    409 `event.parked` at once when the event of that number could not be taken and waits for a person.
    """
    if source is not None or number is not None:
        await _reach(runtime, source, number, wait)
    return {"freshness": await freshness(runtime)}


async def _reach(runtime: TheRuntime, source: str | None, number: int | None, wait: float) -> None:
    consumer = next((each for each in CONSUMERS if each.source == source), None)
    if consumer is None or number is None:
        raise Invalid(
            "reporting.unknown_source",
            "请同时给出 source 与 number",
            field="source",
            rule="source and number are given together",
            right=", ".join(each.source for each in CONSUMERS),
        )
    if not await reached(runtime, consumer, number, wait):
        raise Unavailable(
            "reporting.not_reached",
            f"{source} 的第 {number} 条尚未读到，请稍后再试",
            field="number",
            value=str(number),
            right="ask again, or wait longer (up to 60 seconds)",
        )
