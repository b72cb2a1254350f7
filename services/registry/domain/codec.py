"""The registry's events by the names under which the log keeps them."""

import re
from typing import Any
from uuid import UUID

from libs.events.codec import Codec
from services.registry.domain import (
    division_change,
    division_list,
    household,
    pair_events,
    register_import,
    woman_events,
)
from services.registry.domain.exits.events import EVENTS as EXIT_EVENTS
from services.registry.domain.incomes.assessing import HouseholdIncomeAssessed
from services.registry.domain.keys import exit_key
from services.registry.domain.needs.assessing import WomanNeedsAssessed
from services.registry.domain.retention import FilesDestroyed
from services.registry.domain.rights.events import EVENTS as RIGHTS_EVENTS


def codec() -> Codec:
    """A fresh codec of this service."""
    known = (
        Codec()
        .add("divisions-listed", division_list.DivisionsListed, version=2, upcasters={1: _undated})
        .add("division-changed", division_change.DivisionChanged)
        .add("household-registered", household.HouseholdRegistered, version=2, upcasters={1: _unwatched})
        .add("household-changed", household.HouseholdChanged, version=2, upcasters={1: _unwatched})
        .add("household-recoded", household.HouseholdRecoded, version=2, upcasters={1: _unreasoned})
        .add("household-dissolved", household.HouseholdDissolved)
        .add("household-contact-erased", household.HouseholdContactErased)
        .add("household-income-assessed", HouseholdIncomeAssessed)
        .add("woman-needs-assessed", WomanNeedsAssessed)
        .add(
            "register-import-started",
            register_import.RegisterImportStarted,
            version=2,
            upcasters={1: _without_cover},
        )
        .add("register-import-finished", register_import.RegisterImportFinished)
        .add("woman-registered", woman_events.WomanRegistered, version=2, upcasters={1: _identified})
        .add("woman-changed", woman_events.WomanChanged, version=2, upcasters={1: _unwatched})
        .add("woman-recoded", woman_events.WomanRecoded)
        .add("woman-corrected", woman_events.WomanCorrected)
        .add("woman-exited", woman_events.WomanExited, version=2, upcasters={1: _with_exit_id})
        .add("woman-returned", woman_events.WomanReturned, version=2, upcasters={1: _without_exit_id})
        .add("woman-missing", woman_events.WomanMissing)
        .add("woman-kept", woman_events.WomanKept)
        .add("woman-left", woman_events.WomanLeft)
        .add("woman-rejoined", woman_events.WomanRejoined)
        .add("woman-merged-into", woman_events.WomanMergedInto)
        .add("woman-separated", woman_events.WomanSeparated)
        .add("woman-absorbed", woman_events.WomanAbsorbed)
        .add("woman-released", woman_events.WomanReleased)
        .add("pair-found", pair_events.PairFound)
        .add("pair-changed", pair_events.PairChanged)
        .add("pair-proposed", pair_events.PairProposed)
        .add("pair-decided", pair_events.PairDecided)
        .add("pair-reopened", pair_events.PairReopened)
        .add("pair-closed", pair_events.PairClosed)
        .add("files-destroyed", FilesDestroyed)
        .add("woman-erased", woman_events.WomanErased, version=2, upcasters={1: _without_reason})
    )
    for event in (*EXIT_EVENTS, *RIGHTS_EVENTS):
        known.add(_kebab(event.__name__), event)
    return known


def _without_reason(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 did not say why; until then only a woman's request was taken."""
    return {**data, "reason": "request"}


def _unwatched(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew no monitoring, which the registers have only stated since 2021."""
    return {**data, "facts": {**data["facts"], "monitoring": None, "risk_removed": None}}


def _unreasoned(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 did not say why a household of a shared unit went to one part of it."""
    return {**data, "reason": ""}


def _identified(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 did not say how she came."""
    return {**_unwatched(data), "came": "identified"}


def _without_cover(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 claimed to be full for no unit."""
    return {**data, "cover": []}


def _with_exit_id(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had no id that a return could name; it follows from her and the date."""
    return {**data, "exit_id": exit_key(UUID(data["woman_id"]), data["valid"])}


def _without_exit_id(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 did not name the exit that it followed."""
    return {**data, "exit_id": None}


def _kebab(name: str) -> str:
    """ExitProposed → exit-proposed."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def _undated(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew no day of an edition: its list is undated, and was compared with none."""
    return {**data, "as_of": ""}
