"""What is known of a woman's rights after their events."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as member
from datetime import date
from types import MappingProxyType
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from services.registry.domain.rights import events as e
from services.registry.domain.rights.words import Field, Ground, Kind, Outcome, Purpose

NOTHING: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent in force."""

    version: str
    on: date


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `outcome` None while it is open."""

    kind: Kind
    field: Field | None
    on: date
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Restriction:
    """A restriction in force."""

    ground: Ground
    on: date


@dataclass(frozen=True, slots=True)
class Rights:
    """`told`: purposes with the newest edition she was told; a fresh record has nothing."""

    told: Mapping[Purpose, str] = member(default_factory=lambda: NOTHING)
    consents: Mapping[Purpose, Consent] = member(default_factory=lambda: NOTHING)
    requests: Mapping[UUID, Request] = member(default_factory=lambda: NOTHING)
    restricted: Restriction | None = None


Event: TypeAlias = e.OfWoman


def evolve(state: Rights, event: Event) -> Rights:  # noqa: PLR0911 - one return an event
    """The state after an event."""
    match event:
        case e.WomanInformed():
            return replace(state, told={**state.told, event.purpose: event.version})
        case e.ConsentGiven():
            given = Consent(event.version, event.on)
            return replace(state, consents={**state.consents, event.purpose: given})
        case e.ConsentWithdrawn():
            left = {purpose: each for purpose, each in state.consents.items() if purpose != event.purpose}
            return replace(state, consents=left)
        case e.RequestMade():
            made = Request(event.kind, event.field, event.on)
            return replace(state, requests={**state.requests, event.request_id: made})
        case e.CopyGiven():
            return _ended(state, event.request_id, "copied")
        case e.CorrectionAccepted():
            return _ended(state, event.request_id, "corrected")
        case e.RequestRefused():
            return _ended(state, event.request_id, "refused")
        case e.ProcessingRestricted():
            return replace(state, restricted=Restriction(event.ground, event.on))
        case e.RestrictionLifted():
            return replace(state, restricted=None)
        case _:
            assert_never(event)


def _ended(state: Rights, request_id: UUID, outcome: Outcome) -> Rights:
    done = replace(state.requests[request_id], outcome=outcome)
    return replace(state, requests={**state.requests, request_id: done})
