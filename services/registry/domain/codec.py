"""The registry's events by the names under which the log keeps them."""

from typing import Any

from libs.events.codec import Codec
from services.registry.domain import division_list, household, register_import, woman_events


def codec() -> Codec:
    """A fresh codec of this service."""
    return (
        Codec()
        .add("divisions-listed", division_list.DivisionsListed)
        .add("household-registered", household.HouseholdRegistered)
        .add("household-changed", household.HouseholdChanged)
        .add("household-contact-erased", household.HouseholdContactErased)
        .add("register-import-started", register_import.RegisterImportStarted)
        .add("register-import-finished", register_import.RegisterImportFinished)
        .add("woman-registered", woman_events.WomanRegistered)
        .add("woman-changed", woman_events.WomanChanged)
        .add("woman-exited", woman_events.WomanExited)
        .add("woman-returned", woman_events.WomanReturned)
        .add("woman-merged-into", woman_events.WomanMergedInto)
        .add("woman-separated", woman_events.WomanSeparated)
        .add("woman-absorbed", woman_events.WomanAbsorbed)
        .add("woman-released", woman_events.WomanReleased)
        .add("woman-erased", woman_events.WomanErased, version=2, upcasters={1: _without_reason})
    )


def _without_reason(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 did not say why; until then only a woman's request was taken."""
    return {**data, "reason": "request"}
