"""What became of a division where only a person can say: its new code, or to which part each household belongs.

A unit that waits for its new code gets it, and everybody follows; a unit that was shared or abolished gives up its
households one by one or all together. Who decides holds both sides. Each decision is an event.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from libs.access.principal import not_found
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.types import Record
from libs.values.division import Division
from libs.values.errors import Conflict, DomainError, Refused
from services.registry.domain import division_change as c
from services.registry.domain.division_checks import check, errors
from services.registry.domain.division_units import Units, Version, shown_only, successors
from services.registry.handlers import changing, following
from services.registry.handlers.following import Followed, Move
from services.registry.projections import divisions, undecided


@dataclass(frozen=True, slots=True)
class OfUnit:
    """The whole unit, or all who still stand in it, became or belong to `to`.

    `join`: it went into `to`, which is there under a name of its own.
    """

    code: str
    to: str
    join: bool = False


@dataclass(frozen=True, slots=True)
class OfHousehold:
    """One household of a shared unit belongs to `to`."""

    household_id: UUID
    to: str


Decision: TypeAlias = OfUnit | OfHousehold


@dataclass(frozen=True, slots=True)
class Caller:
    """Who decides, in which unit, and in whose words."""

    unit: Division
    meta: Meta
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What one decision came to: nothing moved when it had been decided so already."""

    women: int
    households: int
    problem: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """Units that a list answered for, and the last transaction."""

    units: int
    xid: int | None


async def decide(runtime: Runtime, caller: Caller, decisions: Sequence[Decision]) -> list[Decided]:
    """Each by itself, in order; one that is refused leaves the others as they are."""
    found: list[Decided] = []
    last: int | None = None
    async with changing.alone(runtime.pool):
        for decision in decisions:
            try:
                followed = await _decide(runtime, caller, decision)
            except DomainError as error:
                found.append(Decided(0, 0, error))
            else:
                last = max((each for each in (last, followed.xid) if each is not None), default=None)
                found.append(Decided(followed.women, followed.households))
    await following.published(runtime, last)
    return found


async def _decide(runtime: Runtime, caller: Caller, decision: Decision) -> Followed:
    to = Division(decision.to)
    match decision:
        case OfUnit():
            code = decision.code
        case OfHousehold():
            code = await undecided.division_of(runtime.pool, decision.household_id, caller.unit.range()) or ""
    held = bool(code) and caller.unit.covers(Division(code))
    if not held or not await divisions.one(runtime.pool, code):
        raise not_found("division")
    if not caller.unit.covers(to):
        raise _not_both(to.code)
    if code == to.code:
        return Followed()
    row = await undecided.one(runtime.pool, code)
    if row is None:
        raise _nothing_open(code)
    if row["whole"] and isinstance(decision, OfHousehold):
        raise _whole(code)
    if row["whole"]:
        return await _recode(runtime, caller, row, decision)
    await _check_share(runtime, row, to)
    move = Move(code, to.code, row["change_id"], row["valid"], caller.reason)
    if isinstance(decision, OfHousehold):
        return await following.move_some(runtime, move, [decision.household_id], caller.meta)
    return await following.move_all(runtime, move, caller.meta)


async def _recode(runtime: Runtime, caller: Caller, row: Record, decision: Decision) -> Followed:
    """The unit that waited gets the code, or joins the unit that has it: a change of its own, answering the first."""
    to = decision.to
    units = await _around(runtime, row, to)
    old = units.last(row["code"])
    assert old is not None, "what is undecided was listed"
    _check_below(row, to)
    there = units.on(to, row["day"])
    joins = there is not None and not shown_only(there, row["day"])
    if there is not None and there.name != old.name and not (isinstance(decision, OfUnit) and decision.join):
        raise _another(old, there)
    name = there.name if there is not None else old.name
    pair = c.Pair(old.code, old.name, to, name, old.level)
    event = c.DivisionChanged(
        f"{row['change_id']}/{old.code}", "merge" if joins else "recode", row["valid"], (pair,),
        because=row["change_id"], reason=caller.reason,
    )  # fmt: skip
    said = check(units, event)
    if errors(said):
        finding = next(finding for _, finding in said if finding.severity == "error")
        raise Refused(
            f"registry.{finding.rule}",
            f"不能改为 {to}：{finding.right_answer}",
            field="to",
            value=to,
            rule=finding.rule,
            right=finding.right_answer,
        )
    event = c.changed(units, event)
    xid = await changing.tell(runtime, [event], caller.meta)
    followed = await following.follow(runtime, event, caller.meta)
    return followed + Followed(0, 0, xid)


async def answered_by_lists(runtime: Runtime, unit: Division, meta: Meta) -> Answered:
    """Units that wait for their new code and that a list now names under the same last digits and name."""
    rows = await undecided.waiting(runtime.pool, unit.range())
    events: list[c.DivisionChanged] = []
    for row in rows:
        to = _same_digits(row)
        units = await _around(runtime, row, to)
        old, there = units.last(row["code"]), units.last(to)
        if old is None or there is None or there.name != old.name or not shown_only(there, row["day"]):
            continue
        pair = c.Pair(old.code, old.name, to, old.name, old.level)
        change_id = f"{row['change_id']}/{old.code}"
        event = c.DivisionChanged(change_id, "recode", row["valid"], (pair,), because=row["change_id"])
        if unit.covers(Division(to)) and not errors(check(units, event)):
            events.append(c.changed(units, event))
    if not events:
        return Answered(0, None)
    done = Followed(0, 0, await changing.tell(runtime, events, meta))
    for event in events:
        done += await following.follow(runtime, event, meta)
    return Answered(len(events), done.xid)


async def _around(runtime: Runtime, row: Record, to: str) -> Units:
    codes = {row["code"], to}
    unit: Division | None = Division(to)
    while unit is not None:
        codes.add(unit.code)
        unit = unit.parent
    return await divisions.concerned(runtime.pool, codes, {row["code"]}, (to,))


def _same_digits(row: Record) -> str:
    """The code it has when only its parent's digits change."""
    prefix = Division(row["candidates"][0]).prefix
    return f"{prefix}{row['code'][len(prefix) :]}"


def _check_below(row: Record, to: str) -> None:
    if not any(Division(code).covers(Division(to)) for code in row["candidates"]):
        raise _other_side(row, to)


async def _check_share(runtime: Runtime, row: Record, to: Division) -> None:
    """A household goes to what its unit became by now; after an abolition to a unit of its level in the county."""
    versions = await divisions.one(runtime.pool, to.code)
    if not any(each.living for each in versions):
        raise Refused(
            "registry.division_not_there",
            f"没有现行的区划 {to.code}，请先导入列有它的区划表。",
            field="to",
            value=to.code,
            rule="只能划给现行的单位",
        )
    before = Division(row["code"])
    if not row["candidates"]:
        fits = before.level == to.level and before.at("county").covers(to)
    else:
        units = await divisions.onwards(runtime.pool, row["candidates"])
        parts = [part for code in row["candidates"] if (part := units.on(code, row["day"])) is not None]
        fits = any(each.code == to.code for part in parts for each in successors(units, part))
    if not fits:
        raise _other_side(row, to.code)


def _other_side(row: Record, to: str) -> Refused:
    right = "、".join(row["candidates"]) or f"{row['code'][:6]} 以内的同级单位"
    return Refused(
        "registry.not_a_part",
        f"{row['code']} 没有变成 {to}；变更 {row['change_id']} 所列为 {right}。",
        field="to",
        value=to,
        rule="只能划给变更后的单位或其下级",
        right=right,
    )


def _another(old: Version, there: Version) -> Refused:
    return Refused(
        "registry.would_join",
        f"{there.code} 是“{there.name}”，不是“{old.name}”；确要并入，请注明并入（join）。",
        field="to",
        value=there.code,
        rule="新代码上是同名的单位，或注明并入",
        right="join: true",
    )


def _not_both(to: str) -> Refused:
    return Refused(
        "registry.not_both_sides",
        f"{to} 不在您的辖区内，须由同时管辖两边的上级单位决定。",
        field="to",
        value=to,
        rule="由同时管辖两边的单位决定",
    )


def _nothing_open(code: str) -> Conflict:
    return Conflict(
        "registry.nothing_to_decide",
        f"{code} 没有待定的事项，可能已由他人决定。",
        field="code",
        value=code,
        rule="一个单位只决定一次",
    )


def _whole(code: str) -> Refused:
    return Refused(
        "registry.decide_the_unit",
        f"{code} 整个单位换代码，请按村决定，各户随村。",
        field="household_id",
        rule="整村换代码时按村决定",
        right=code,
    )
