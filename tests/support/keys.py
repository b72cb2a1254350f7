"""A fresh Idempotency-Key for every write of a test that does not send one of its own."""

from typing import Any
from uuid import uuid4

import httpx


def key(request: httpx.Request) -> None:
    """Give it one, if it needs one and has none."""
    if request.method in ("POST", "PATCH"):
        request.headers.setdefault("Idempotency-Key", str(uuid4()))


async def _keyed(request: httpx.Request) -> None:
    key(request)


KEYED: dict[str, list[Any]] = {"request": [_keyed]}
"""Hooks of an `httpx.AsyncClient`."""
KEYED_AT_ONCE: dict[str, list[Any]] = {"request": [key]}
"""Hooks of an `httpx.Client`."""
