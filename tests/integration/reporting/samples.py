"""Published facts for the tests of reporting, made as registry and training would publish them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID, uuid5

from libs.events.contract import Contract, Fact
from libs.events.contracts.registry import (
    DivisionItem,
    DivisionsListed,
    HouseholdChanged,
    HouseholdDissolved,
    HouseholdRegistered,
    WomanChanged,
    WomanErased,
    WomanExited,
    WomanLeft,
    WomanMerged,
    WomanMonitored,
    WomanRegistered,
    WomanRejoined,
    WomanReturned,
    WomanUnmerged,
)
from libs.events.contracts.training import (
    CourseHeadcount,
    CourseOpened,
    TrainingAttended,
    TrainingFollowedUp,
    TrainingWithdrawn,
)
from libs.events.meta import Meta

SPACE = UUID("00000000-0000-7000-8000-000000000000")
COUNTY = "522634000000"
DANJIANG = "522634100000"
XIJIANG = "522634101000"
VILLAGES = ("522634100201", "522634100202", "522634101201", "522634101202")
REGISTER_DAY = date(2016, 12, 31)
CLASS_DAYS = (date(2017, 5, 8), date(2017, 5, 12))


def an_id(kind: str, number: int | str) -> UUID:
    """The same id for the same words, always."""
    return uuid5(SPACE, f"{kind} {number}")


LOGS = {source: an_id("log", source) for source in ("registry", "training")}


def woman_body(woman: int, division: str = VILLAGES[0], **changes: object) -> dict[str, object]:
    """The fields of a woman of the register: an able adult, not exited."""
    return {
        "woman_id": an_id("woman", woman),
        "household_id": an_id("household", woman),
        "division": division,
        "birth_year": 1980,
        "labour": "ordinary",
        "in_school": False,
        "status": "not_exited",
        "baseline_exit": False,
        "head": False,
        "as_of": REGISTER_DAY,
        **changes,
    }


def registered(woman: int, division: str = VILLAGES[0], **changes: object) -> WomanRegistered:
    return WomanRegistered.model_validate(woman_body(woman, division, **changes))


def changed(woman: int, division: str = VILLAGES[0], **changes: object) -> WomanChanged:
    return WomanChanged.model_validate(woman_body(woman, division, **changes))


def monitored(woman: int, division: str = VILLAGES[0], **changes: object) -> WomanMonitored:
    told = {**woman_body(woman, division, **changes), "monitoring": "sudden", "risk_removed": False}
    return WomanMonitored.model_validate(told)


def left(woman: int, why: str = "married_out", valid: str = "2018-05-01") -> WomanLeft:
    told = {"woman_id": an_id("woman", woman), "why": why, "valid": valid, "source": "unit"}
    return WomanLeft.model_validate(told)


def rejoined(woman: int, valid: str = "2019-05-01", how: str = "married_in") -> WomanRejoined:
    told = {"woman_id": an_id("woman", woman), "how": how, "valid": valid, "source": "unit"}
    return WomanRejoined.model_validate(told)


def exited(woman: int, valid: str = "2018-05-01") -> WomanExited:
    ids = {"woman_id": an_id("woman", woman), "household_id": an_id("household", woman)}
    return WomanExited(**ids, valid=valid, source="扶贫办")


def returned(woman: int, valid: str = "2019-05-01") -> WomanReturned:
    ids = {"woman_id": an_id("woman", woman), "household_id": an_id("household", woman)}
    return WomanReturned(**ids, valid=valid, source="扶贫办")


def merged(woman: int, into: int) -> WomanMerged:
    return WomanMerged(merged_id=an_id("woman", woman), survivor_id=an_id("woman", into), on=date(2018, 1, 1))


def unmerged(woman: int, out_of: int) -> WomanUnmerged:
    return WomanUnmerged(merged_id=an_id("woman", woman), survivor_id=an_id("woman", out_of), on=date(2018, 2, 1))


def erased(woman: int) -> WomanErased:
    return WomanErased(woman_id=an_id("woman", woman))


def household(number: int, division: str = VILLAGES[0], persons: int = 4) -> HouseholdRegistered:
    return HouseholdRegistered(
        household_id=an_id("household", number),
        division=division,
        persons=persons,
        women=1,
        status="not_exited",
        attribute=None,
        main_cause=None,
        as_of=REGISTER_DAY,
    )


def household_dissolved(number: int) -> HouseholdDissolved:
    return HouseholdDissolved(household_id=an_id("household", number), as_of=date(2021, 12, 31))


def household_moved(number: int, division: str) -> HouseholdChanged:
    return HouseholdChanged.model_validate(household(number, division).model_dump())


def attended(woman: int, course: int = 1, days: int = 3, **changes: object) -> TrainingAttended:
    fields: dict[str, object] = {
        "course_id": an_id("course", course),
        "woman_id": an_id("woman", woman),
        "days": days,
        "first_day": CLASS_DAYS[0],
        "last_day": CLASS_DAYS[1],
        "completed": True,
        "unit": COUNTY,
        **changes,
    }
    return TrainingAttended.model_validate(fields)


def followed_up(woman: int, course: int = 1, months: int = 3, result: str = "employed") -> TrainingFollowedUp:
    return TrainingFollowedUp(
        course_id=an_id("course", course),
        woman_id=an_id("woman", woman),
        outcome_id=an_id("outcome", f"{course} {months}"),
        after_months=months,
        on=date(2017, 5 + months, 20),
        result=result,
        working=result in ("employed", "self_employed"),
        employer_kind=None,
        work_place=None,
        income_band=None,
        unit=COUNTY,
        division=VILLAGES[0],
    )


def withdrawn(woman: int, course: int = 1) -> TrainingWithdrawn:
    return TrainingWithdrawn(course_id=an_id("course", course), woman_id=an_id("woman", woman))


def course(number: int = 1, unit: str = COUNTY, title: str = "苗绣培训班") -> CourseOpened:
    return CourseOpened(
        course_id=an_id("course", number),
        unit=unit,
        title=title,
        trade="手工编织",
        organiser="雷山县妇女联合会",
        first_day=CLASS_DAYS[0],
        last_day=CLASS_DAYS[1],
        place="丹江镇",
        kind="general",
    )


def headcount(number: int = 1) -> CourseHeadcount:
    return CourseHeadcount(course_id=an_id("course", number), participants=40, women=38, registered_women=30)


def divisions() -> DivisionsListed:
    """A county of two townships with two villages each."""
    named = {COUNTY: "雷山县", DANJIANG: "丹江镇", XIJIANG: "西江镇"}
    items = [(COUNTY, "county", "522600000000"), (DANJIANG, "township", COUNTY), (XIJIANG, "township", COUNTY)]
    items += [(code, "village", f"{code[:9]}000") for code in VILLAGES]
    listed = tuple(
        DivisionItem.model_validate({"code": code, "name": named.get(code, code), "level": level, "parent": parent})
        for code, level, parent in items
    )
    return DivisionsListed(edition="2016", parent=COUNTY, divisions=listed)


def key_of(body: Contract) -> UUID:
    """The ordering key that the publishers give each contract."""
    for field in ("survivor_id", "woman_id", "course_id", "household_id"):
        if hasattr(body, field) and not (field == "course_id" and hasattr(body, "woman_id")):
            found: UUID = getattr(body, field)
            return found
    return an_id("division", getattr(body, "parent", ""))


class Feed:
    """Numbers facts as the two publishers would; the same bodies in the same order give the same facts."""

    def __init__(self) -> None:
        self._numbers = {source: count(1) for source in LOGS}

    def __call__(self, *bodies: Contract) -> list[Fact[Contract]]:
        return [self._fact(body) for body in bodies]

    def _fact(self, body: Contract) -> Fact[Contract]:
        number = next(self._numbers[body.topic])
        meta = Meta(actor="ann", role="federation", unit=COUNTY, correlation_id=an_id("correlation", number))
        at = datetime(2017, 6, 1, tzinfo=UTC)
        event_id = an_id("event", f"{body.topic} {number}")
        return Fact(
            body.topic, LOGS[body.topic], number, 0, number - 1, event_id, body.type, key_of(body), body, meta, at
        )


def batches(facts: Iterable[Fact[Contract]], size: int) -> Iterator[list[Fact[Contract]]]:
    """Runs of facts of one source, as a consumer gets them: at most `size` each, sources in turn as they come."""
    batch: list[Fact[Contract]] = []
    for fact in facts:
        if batch and (len(batch) == size or batch[-1].source != fact.source):
            yield batch
            batch = []
        batch.append(fact)
    if batch:
        yield batch
