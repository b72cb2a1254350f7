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
Monitoring = Literal["unstable", "marginal", "sudden"]
Came = Literal["identified", "born", "married_in", "moved_in", "correction"]
Skill = Literal["farming", "rural_tourism", "domestic_service", "handicraft", "e_commerce", "business_start", "other"]
Left = Literal["died", "married_out", "moved_out", "deregistered"]


class DivisionItem(BaseModel):
    """One division: 12-digit code, name, level and the code of its parent (empty for the nation)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    name: str
    level: Level
    parent: str


class DivisionValidity(BaseModel):
    """From which day, and until which day exclusively, a division lives; null where no change says it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    valid_from: date | None
    valid_to: date | None


class DivisionsListed(Contract):
    """One edition's divisions: a record per county (its townships and villages), one from the nation to counties.

    `parent` is the county's code, or the nation's for the upper record; key = division_key(parent). `as_of` is the
    edition's date (2016-07) where it has one. Ended divisions stay listed, with their days in `validity`.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.divisions-listed.v1"
    edition: str
    parent: str
    divisions: tuple[DivisionItem, ...]
    as_of: str | None = None
    validity: tuple[DivisionValidity, ...] = ()


class DivisionBecame(BaseModel):
    """What an old division became: no new code, it was abolished; no old code, it was established."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    level: Level
    old_code: str | None
    old_name: str | None
    new_code: str | None
    new_name: str | None


class DivisionChanged(Contract):
    """A change of divisions (区划变更) from `valid_from` on; key = change_key(change_id).

    `precision` year: the source names the year only. Several `units` of one old code are a split, of one new code a
    merge. `followed` are units below that took a new code along; `undecided` wait for a person and keep theirs.
    `because`: the change whose open question this one answers. Women and households come by their own records.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.division-changed.v1"
    change_id: str
    kind: str
    valid_from: date
    precision: Literal["day", "month", "year", "interval"]
    units: tuple[DivisionBecame, ...]
    followed: tuple[DivisionBecame, ...]
    undecided: tuple[str, ...]
    because: str | None


class WomanRegistered(Contract):
    """A woman of the register (女性人口) is known here; key = woman_id.

    `baseline_exit`: she had left poverty already when first registered here, so no lift counts. `monitoring`: her
    household is watched lest it falls back, `risk_removed` whether that danger is past. `came`: how she came here.
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
    monitoring: Monitoring | None = None
    risk_removed: bool | None = None
    came: Came = "identified"


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
    monitoring: Monitoring | None = None
    risk_removed: bool | None = None


class WomanMonitored(Contract):
    """A woman of a household that is watched and not registered as poor (一般农户, 监测对象); key = woman_id.

    Full state. She stands outside the register's sums until a WomanRegistered or WomanChanged says otherwise.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-monitored.v1"
    woman_id: UUID
    household_id: UUID
    division: str
    birth_year: int
    labour: Labour
    in_school: bool
    head: bool
    monitoring: Monitoring | None
    risk_removed: bool | None
    as_of: date


class WomanMissing(Contract):
    """A register full for her unit as of a day does not name her; key = woman_id.

    Nothing follows until a person decides. WomanKept or WomanLeft ends it, or a WomanChanged as of that day or later.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-missing.v1"
    woman_id: UUID
    as_of: date


class WomanKept(Contract):
    """She is here although a register left her out; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-kept.v1"
    woman_id: UUID
    on: date


class WomanLeft(Contract):
    """She is no longer of the register here, which is no exit from poverty; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-left.v1"
    woman_id: UUID
    why: Left
    valid: str
    source: str


class WomanRejoined(Contract):
    """She is of the register here again; `how` is correction when she never left; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-rejoined.v1"
    woman_id: UUID
    how: Came
    valid: str
    source: str


class RegisterCodeChanged(Contract):
    """Her 人编号 or 证件号码 is another one now (a household split, a correction); old ones still lead to her.

    `codes` are the kinds that changed. The code itself is personal: who is entitled resolves it by
    `POST /registry/v1/codes/resolve`; key = woman_id.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.register-code-changed.v1"
    woman_id: UUID
    household_id: UUID
    codes: tuple[Literal["person_code", "resident_id"], ...]
    as_of: date


class HouseholdRegistered(Contract):
    """A household of the register (户) is known here; key = household_id.

    `income_fen`: yearly income per head in the year of `as_of`, as the register says; null where it says none.
    """

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
    income_fen: int | None = None


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
    income_fen: int | None = None


class HouseholdDissolved(Contract):
    """No household of the register any more: its members stand under other codes, or it is only monitored.

    Key = household_id.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.household-dissolved.v1"
    household_id: UUID
    as_of: date


class HouseholdIncomeAssessed(Contract):
    """Its income of a year per head, worked out on `on`; a later one of the same year replaces it; key = household_id.

    `source`: a form, or a row of an income sheet. It counts before the register's own figure (人均纯收入) of that year,
    which HouseholdRegistered and HouseholdChanged tell as `income_fen`.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.household-income-assessed.v1"
    household_id: UUID
    division: str
    year: int
    on: date
    per_head_fen: int
    persons: int
    source: Literal["form", "list"]


class WomanNeedsAssessed(Contract):
    """What she wants to learn and whether she would borrow, as she said on `on`; key = woman_id.

    A later one replaces it. Causes, childcare and health stay with the registry.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-needs-assessed.v1"
    woman_id: UUID
    division: str
    on: date
    skills_wanted: tuple[Skill, ...]
    willing_to_borrow: bool
    borrow_fen: int | None


class WomanExited(Contract):
    """She left poverty after the baseline; `valid` is a day, month, year or interval; key = woman_id.

    `source`: register, poverty_office, or process (a unit that keeps the exit by household itself). A return names
    `exit_id`; all women of a household that one process confirmed share it. Facts from before it was added lack it.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-exited.v1"
    woman_id: UUID
    household_id: UUID
    valid: str
    source: str
    exit_id: UUID | None = None


class WomanReturned(Contract):
    """She fell back into poverty (返贫); `valid` is a day, month, year or interval; key = woman_id.

    `exit_id` is the exit it follows; none after a baseline exit.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-returned.v1"
    woman_id: UUID
    household_id: UUID
    valid: str
    source: str
    exit_id: UUID | None = None


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


class ConsentChanged(Contract):
    """She agreed to a purpose, or took her consent back: nothing new for it from `on`; key = woman_id.

    `version` names the edition of the notice that the consent was for.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.consent-changed.v1"
    woman_id: UUID
    purpose: str
    version: str
    state: Literal["given", "withdrawn"]
    on: date


class ProcessingRestricted(Contract):
    """Store and protect what is held of her, and do nothing else with it until it is lifted; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.processing-restricted.v1"
    woman_id: UUID
    ground: str
    on: date


class RestrictionLifted(Contract):
    """Her data may be processed again; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.restriction-lifted.v1"
    woman_id: UUID
    on: date


class WomanErased(Contract):
    """Her personal data is destroyed; her id and her counts stay; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "registry.woman-erased.v1"
    woman_id: UUID
