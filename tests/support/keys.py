"""A fresh Idempotency-Key for every write of a test that does not send one of its own."""

from typing import Any
from uuid import uuid4

import httpx


async def _keyed(request: httpx.Request) -> None:
    if request.method in ("POST", "PATCH"):
        request.headers.setdefault("Idempotency-Key", str(uuid4()))


KEYED: dict[str, list[Any]] = {"request": [_keyed]}
