"""Bodies of requests and answers about people's rights."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from libs.service.bodies import Body
from services.registry.domain.rights.words import Basis, By, ConsentBy, Ground, How, Kind, Purpose, Told
from services.registry.domain.rights.words import Field as Corrected

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Evidence = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Person = Annotated[str, StringConstraints(max_length=50)]
On = Annotated[date, Field(description="the day it was done", examples=["2026-11-02"])]
Purposes = Annotated[list[Purpose], Field(min_length=1, max_length=8)]


class InformIn(Body):
    """She was told the notices of these purposes."""

    purposes: Purposes
    how: Told
    on: On


class VillageNoticeIn(Body):
    """A notice of one purpose hung in a unit; who is registered there on the day has been told."""

    division: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
    purpose: Purpose
    on: On


class ConsentIn(Body):
    """Given or taken back for one purpose, on a paper; a guardian only for a child under 14, with name and kinship."""

    purpose: Purpose
    by: ConsentBy = "herself"
    on: On
    evidence: Annotated[Evidence, Field(description="number of the paper form; kept sealed")]
    guardian: Person = ""
    kinship: Person = ""


class RequestIn(Body):
    """A copy, or a correction with field and wanted value (kept sealed).

    `due` only for a year whose working days are not known.
    """

    kind: Kind
    by: By = "herself"
    on: On
    due: date | None = None
    field: Corrected | None = None
    wanted: Annotated[str, StringConstraints(max_length=100)] = ""
    evidence: Annotated[str, StringConstraints(max_length=200)] = ""


class OnIn(Body):
    """An answer that says nothing but its day."""

    on: On


class RefusedIn(Body):
    """Refused, with the reason she is told."""

    on: On
    reason: Reason


class CopyIn(Body):
    """The copy was handed over."""

    on: On
    receiver: Annotated[str, StringConstraints(min_length=1, max_length=50)]


class RestrictIn(Body):
    """All but storing and protecting stops."""

    ground: Ground
    on: On
    reason: Reason


class RightsReceipt(BaseModel):
    """Whose rights, which request, and the version after the change."""

    woman_id: UUID
    request_id: UUID | None
    version: int


class NoticeReceipt(BaseModel):
    """The notice of a unit."""

    notice_id: UUID
    version: int


class PurposeOut(BaseModel):
    """The notice of a purpose as it holds on a day; `basis` says whether she is told or asked."""

    purpose: Purpose
    edition: str
    basis: Basis
    heading: str
    text: str
    first: date


class PurposeList(BaseModel):
    """Every purpose."""

    items: list[PurposeOut]


class UntoldOut(BaseModel):
    """A woman whom nobody has told; `since`: the register that first named her there."""

    woman_id: UUID
    division: str
    division_name: str
    name: str | None
    since: date


class RequestOut(BaseModel):
    """A request; `days_left` until it must be answered, negative when late."""

    request_id: UUID
    woman_id: UUID
    division: str
    division_name: str
    kind: Kind
    field: Corrected | None
    applicant: By
    made_on: date
    due: date
    days_left: int
    state: str
    ended_on: date | None


class TellingOut(BaseModel):
    """What she was told, when, and whether it is what holds now."""

    purpose: Purpose
    edition: str
    how: How
    told_on: date
    current: bool


class ConsentOut(BaseModel):
    """A consent in force."""

    purpose: Purpose
    edition: str
    given_on: date
    current: bool


class RightsEventOut(BaseModel):
    """One event; its words only in clear, null once she is erased."""

    number: int
    kind: str
    on: date
    at: datetime
    actor: str
    role: str
    unit: str
    request_id: UUID | None
    purpose: Purpose | None
    field: Corrected | None
    says: dict[str, str | None]


class RightsOut(BaseModel):
    """Her rights as they stand; `version` for `If-Match`."""

    woman_id: UUID
    told: list[TellingOut]
    consents: list[ConsentOut]
    open_requests: list[RequestOut]
    restricted_since: date | None
    ground: Ground | None
    timeline: list[RightsEventOut]
    version: int
