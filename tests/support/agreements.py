"""Agreements to put partners' clients under, made over REST as an administrator makes them."""

import itertools
from typing import Any

import httpx

TERMS = {
    "partner": "雷山农商行",
    "division": "522634000000",
    "scopes": ["feeds:read", "registry:read", "registry:write"],
    "fields": ["place", "reference"],
    "event_types": None,
    "measures": None,
    "purpose": None,
    "valid_from": "2016-03-01",
    "valid_to": None,
    "reason": "按2016年3月签订的合作协议",
}
_numbers = itertools.count(1)


async def agreed(
    client: httpx.AsyncClient, headers: dict[str, str] | None = None, root: str = "", **terms: Any
) -> dict[str, Any]:
    """A new agreement, of a name of its own unless told; `root` is where access is mounted."""
    body = {"name": f"2016-{next(_numbers)}", **TERMS, **terms}
    answer = await client.post(f"{root}/v1/agreements", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
