"""What people wrote into events, opened for who may read it."""

from typing import Any

from libs.events.runtime import Runtime
from libs.events.store import Recorded


async def texts_of(runtime: Runtime, recorded: list[Recorded[Any]]) -> dict[int, dict[str, str | None]]:
    """The sealed words of each event, by its number; None once their key is destroyed."""
    places = [
        (each.version, name, value)
        for each in recorded
        for name, value in getattr(each.event, "personal", {}).items()
        if value.sealed is not None
    ]
    opened = await runtime.vault.open_many([(value.subject, value.sealed) for _, _, value in places])
    found: dict[int, dict[str, str | None]] = {}
    for (version, name, _), text in zip(places, opened, strict=True):
        found.setdefault(version, {})[name] = text
    return found
