"""What the registry tells the world: divisions, households and women by id, code, status and date.

No names, resident ids or phones, not even sealed: who is entitled asks the registry for them.
"""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from libs.events.contract import Contract

TOPIC = "registry"

Level = Literal["nation", "province", "prefecture", "county", "township", "village"]
Labour = Literal["ordinary", "skilled", "weak", "lost", "none", "unknown"]
Status = Literal["not_exited", "pre_exit", "exited", "returned"]


class DivisionItem(BaseModel):
    """One division: 12-digit code, name, level and the code of its parent (empty for the nation)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    name: str
    level: Level
    parent: str


class DivisionsListed(Contract):
    """One edition's divisions: a record per county (its townships and villages), one from the nation to counties.

    `parent` is the county's code, or the nation's for the upper record; key = division_key(parent).
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.divisions-listed.v1"

    edition: str
    parent: str
    divisions: tuple[DivisionItem, ...]


class WomanRegistered(Contract):
    """A woman of the register (女性人口) is known here; key = woman_id.

    `baseline_exit`: she had left poverty already when first registered here, so no lift counts.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-registered.v1"

    woman_id: UUID
    household_id: UUID
    division: str
    birth_year: int
    labour: Labour
    in_school: bool
    status: Status
    baseline_exit: bool
    head: bool
    as_of: date


class WomanChanged(Contract):
    """The same fields, full state after a change; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-changed.v1"

    woman_id: UUID
    household_id: UUID
    division: str
    birth_year: int
    labour: Labour
    in_school: bool
    status: Status
    baseline_exit: bool
    head: bool
    as_of: date


class HouseholdRegistered(Contract):
    """A household of the register (户) is known here; key = household_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.household-registered.v1"

    household_id: UUID
    division: str
    persons: int
    women: int
    status: Status
    attribute: str | None
    main_cause: str | None
    as_of: date


class HouseholdChanged(Contract):
    """The same fields, full state after a change; key = household_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.household-changed.v1"

    household_id: UUID
    division: str
    persons: int
    women: int
    status: Status
    attribute: str | None
    main_cause: str | None
    as_of: date


class WomanExited(Contract):
    """She left poverty after the baseline; `valid` is a day, month, year or interval; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-exited.v1"

    woman_id: UUID
    household_id: UUID
    valid: str
    source: str


class WomanReturned(Contract):
    """She fell back into poverty (返贫); `valid` is a day, month, year or interval; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-returned.v1"

    woman_id: UUID
    household_id: UUID
    valid: str
    source: str


class WomanMerged(Contract):
    """Two records were one woman from `on`; facts keep the id they were recorded under; key = survivor_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-merged.v1"

    merged_id: UUID
    survivor_id: UUID
    on: date


class WomanUnmerged(Contract):
    """The merge was wrong and is undone; key = survivor_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-unmerged.v1"

    merged_id: UUID
    survivor_id: UUID
    on: date


class WomanErased(Contract):
    """Her personal data is destroyed; her id and her counts stay; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-erased.v1"

    woman_id: UUID
