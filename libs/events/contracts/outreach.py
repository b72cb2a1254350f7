"""What outreach tells the world: activities with their counts, and which registered women were reached by name.

No names of persons, no resident ids: a woman is her id; whoever is not in the register is only a number in the counts.
"""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from libs.events.contract import Contract

TOPIC = "outreach"


class ActivityPlanned(Contract):
    """An activity (活动) is to be held, or is planned otherwise now; key = activity_id.

    `unit` = division of the unit that organises and reports it, `division` = where it is held; `matter` = its topic.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "outreach.activity-planned.v1"

    activity_id: UUID
    unit: str
    division: str
    matter: str
    title: str
    first_day: date
    last_day: date


class ActivityHeld(Contract):
    """It took place on these days; the same fields, key = activity_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "outreach.activity-held.v1"

    activity_id: UUID
    unit: str
    division: str
    matter: str
    title: str
    first_day: date
    last_day: date


class ActivityReported(Contract):
    """What came of it, full state: a later record replaces an earlier one; key = activity_id.

    `sessions` in 场次; `attendances`, the women and the registered women among them in 人次; `materials` in 份.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "outreach.activity-reported.v1"

    activity_id: UUID
    unit: str
    division: str
    matter: str
    title: str
    first_day: date
    last_day: date
    sessions: int
    attendances: int
    women_attendances: int
    registered_attendances: int
    materials: int


class ActivityCancelled(Contract):
    """It did not take place (`called_off`), or was recorded wrongly and counts no more (`mistake`)."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "outreach.activity-cancelled.v1"

    activity_id: UUID
    unit: str
    division: str
    reason: Literal["called_off", "mistake"]


class WomanReached(Contract):
    """A registered woman stands on the list of an activity that was held; a later record of the pair replaces it.

    `division` is where she was registered then, `unit` that of the activity; key = woman_id.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "outreach.woman-reached.v1"

    activity_id: UUID
    woman_id: UUID
    unit: str
    division: str
    matter: str
    first_day: date
    last_day: date
    sessions: int


class ReachWithdrawn(Contract):
    """She stands on the list no more; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "outreach.reach-withdrawn.v1"

    activity_id: UUID
    woman_id: UUID
