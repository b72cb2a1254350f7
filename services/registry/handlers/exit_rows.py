"""Rows of a list of exits or returns that the poverty office reports: whom they mean, what follows, in batches.

A row that names a person is hers alone; a row that names only a household is every registered woman of it. Who is
registered elsewhere and who is not registered at all get the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import Append, Recorded, retried
from libs.rosters.findings import Finding
from libs.values.errors import DomainError
from libs.values.valid_date import ValidDate
from services.registry.domain import woman as w
from services.registry.domain.keys import exit_key
from services.registry.domain.woman_events import Event
from services.registry.domain.woman_state import Registered, State
from services.registry.handlers import reservations
from services.registry.handlers.answers import Outcome, RowAnswer
from services.registry.handlers.former import Borne, borne_by
from services.registry.handlers.tokens import code_token, id_token, name_token

Kind = Literal["exit", "return"]
LIVING: Final = """
SELECT household_id, person_id FROM persons
WHERE household_id = ANY($1) AND woman AND NOT erased AND survivor_id IS NULL ORDER BY person_id
"""
NOBODY: Final = "登记册中没有，或不在本单位辖区；由所在单位或上级单位导入"
_RULES: Final = {
    "registry.in_the_future": "date_in_future",
    "registry.older_than_known": "date_older_than_known",
    "registry.not_exited": "return_without_exit",
    "registry.left": "left_before",
    "registry.only_monitored": "only_monitored",
}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row that can be read. `column`: the header by which it names whom it means, `said`: that of the time."""

    sheet: str
    row: int
    column: str
    said: str
    when: ValidDate
    resident_id: str = field(default="", repr=False)
    person_code: str = field(default="", repr=False)
    household_code: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the same for all rows; `county` is that of the importer's unit, empty above counties."""

    kind: Kind
    scope: tuple[str, str]
    county: str
    meta: Meta
    today: date
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class _Meant:
    """Whom a row means, or why nobody."""

    women: tuple[UUID, ...] = ()
    finding: Finding | None = None
    skipped: bool = False
    said: tuple[Finding, ...] = ()


async def take(runtime: Runtime, terms: Terms, rows: Sequence[ReportRow]) -> tuple[list[RowAnswer], int | None]:
    """Answer a batch and keep what is new, all or nothing; the transaction, None when nothing was new."""
    return await retried(lambda: _once(runtime, terms, rows))


async def _once(runtime: Runtime, terms: Terms, rows: Sequence[ReportRow]) -> tuple[list[RowAnswer], int | None]:
    meant = await _meant(runtime, terms, rows)
    streams = await runtime.store.load_many({woman for each in meant for woman in each.women})
    states = {woman: w.woman.fold(item.event for item in stream) for woman, stream in streams.items()}
    appends: list[Append] = []
    answers = [_row(row, each, terms, states, streams, appends) for row, each in zip(rows, meant, strict=True)]
    if terms.dry_run or not appends:
        return answers, None
    async with runtime.pool.acquire() as connection, connection.transaction():
        done = await runtime.store.append_many(appends, connection)
    return answers, max(item.xid for item in done)


def _row(
    row: ReportRow,
    meant: _Meant,
    terms: Terms,
    states: dict[UUID, State],
    streams: Mapping[UUID, list[Recorded[Any]]],
    appends: list[Append],
) -> RowAnswer:
    if meant.finding is not None:
        outcome: Outcome = "skipped" if meant.skipped else "refused"
        return RowAnswer(row.sheet, row.row, outcome, (*row.findings, meant.finding))
    told: list[tuple[UUID, list[Event]]] = []
    findings = [*row.findings, *meant.said]
    for woman_id in meant.women:
        known = _known(states[woman_id], woman_id, row, terms)
        if known is not None:
            findings += known
            continue
        try:
            told.append((woman_id, w.woman.decide(states[woman_id], _command(woman_id, row, terms))))
        except DomainError as error:
            rule = _RULES.get(error.code, "report_refused")
            finding = Finding(row.said, rule, "error", str(row.when), error.right or error.message)
            return RowAnswer(row.sheet, row.row, "refused", (*row.findings, *meant.said, finding))
    meta = replace(terms.meta, valid=str(row.when))
    for woman_id, events in told:
        states[woman_id] = w.woman.fold(events, states[woman_id])
        appends.append(Append(woman_id, streams[woman_id][-1].version, events, meta))
    return RowAnswer(row.sheet, row.row, "accepted" if told else "unchanged", tuple(dict.fromkeys(findings)))


def _known(state: State, woman_id: UUID, row: ReportRow, terms: Terms) -> list[Finding] | None:
    """What is to be said of a woman of whom nothing new is told; None when it is new."""
    if not isinstance(state, Registered) or state.facts.status != ("exited" if terms.kind == "exit" else "returned"):
        return None
    same = terms.kind == "return" or state.exit_id == exit_key(woman_id, str(row.when))
    return [] if same else [Finding(row.said, "exit_known", "warning", str(row.when), "已登记脱贫，日期以已登记的为准")]


def _command(woman_id: UUID, row: ReportRow, terms: Terms) -> w.ReportExit | w.ReportReturn:
    if terms.kind == "exit":
        return w.ReportExit(woman_id, row.when, "poverty_office", row.reason, terms.today)
    return w.ReportReturn(woman_id, row.when, "poverty_office", row.reason, terms.today)


async def _meant(runtime: Runtime, terms: Terms, rows: Sequence[ReportRow]) -> list[_Meant]:
    vault, pool = runtime.vault, runtime.pool
    ids = {row.row: id_token(vault, row.resident_id) for row in rows if row.resident_id}
    codes = {
        row.row: code_token(vault, terms.county, row.person_code or row.household_code)
        for row in rows
        if not row.resident_id
    }
    by_id = await reservations.canonical(pool, await reservations.by_id(pool, list(ids.values())))
    former = await reservations.by_former_now(pool, list(ids.values()))
    by_code = await reservations.canonical(pool, await reservations.by_code(pool, list(codes.values())))
    known = await reservations.households(pool, [(terms.county, token) for token in codes.values()])
    living: dict[UUID, list[UUID]] = {}
    for found in await pool.fetch(LIVING, [each.household_id for each in known.values()]):
        living.setdefault(found["household_id"], []).append(found["person_id"])
    meant = []
    for row in rows:
        if row.resident_id or row.person_code:
            name = name_token(vault, row.name) if row.name else None
            if row.resident_id:
                borne = borne_by(by_id.get(ids[row.row]), former.get(ids[row.row], ()), name)
            else:
                borne = Borne(by_code.get(codes[row.row]))
            meant.append(_person(row, borne, name, terms.scope))
        else:
            household = known.get((terms.county, codes[row.row]))
            inside = household is not None and _inside(household.division, terms.scope)
            women = living.get(household.household_id, []) if household is not None and inside else []
            meant.append(_Meant(tuple(women)) if women else _Meant(finding=_nobody(row, row.household_code)))
    return meant


def _person(row: ReportRow, borne: Borne, name: bytes | None, scope: tuple[str, str]) -> _Meant:
    person, said = borne.person, borne.findings(row.column, row.resident_id)
    if person is None or not _inside(person.division, scope):
        return _Meant(finding=_nobody(row, row.resident_id or row.person_code))
    if borne.unclear:
        return _Meant(finding=said[0])
    if person.erased:
        return _Meant(finding=Finding(row.column, "person_erased", "error", "", "该人信息已依法删除，不再登记"))
    if not person.woman:
        return _Meant(finding=Finding(row.column, "not_a_woman", "warning", "", "只登记妇女的脱贫"), skipped=True)
    if name is not None and person.name_token != name:
        return _Meant(finding=Finding("姓名", "name_differs", "error", row.name, "与登记的姓名不同，请核对编号"))
    return _Meant((person.person_id,), said=said)


def _nobody(row: ReportRow, value: str) -> Finding:
    return Finding(row.column, "not_in_unit", "error", value, NOBODY)


def _inside(division: str, scope: tuple[str, str]) -> bool:
    return scope[0] <= division <= scope[1]
