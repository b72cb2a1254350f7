"""People's rights, asked and decided by people: inside their units, on the log, once a key.

An accepted correction and the change of her record are one transaction, with the reservation of her id; a restriction
is one with the mark by which every reading leaves her out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from libs.access.principal import not_found
from libs.events.commands import Idempotency, Receipt, Respond
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import Recorded
from libs.events.types import Connection
from libs.values import resident_id
from libs.values.division import Division
from libs.values.errors import Conflict
from libs.values.working_days import last_working_day
from services.registry.domain import woman as w
from services.registry.domain import woman_state as s
from services.registry.domain.correction import CorrectWoman, checked
from services.registry.domain.keys import notice_key, rights_key
from services.registry.domain.presence import present
from services.registry.domain.rights import commands as c
from services.registry.domain.rights import events as e
from services.registry.domain.rights.rights import check_day, rights
from services.registry.domain.rights.state import Rights
from services.registry.domain.rights.village import PostNotice, village_notice
from services.registry.domain.rights.words import CHILD, By, ConsentBy, Field, Kind, Purpose
from services.registry.handlers import claims, people, reservations, tokens
from services.registry.handlers.notices import notice_on

RESTRICT: Final = "UPDATE persons SET restricted = $2 WHERE person_id = $1"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the range of divisions he may write, what is kept beside the events, the day, key and version."""

    scope: tuple[str, str]
    meta: Meta
    today: date
    idempotency: Idempotency | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was written down; `due` only where the calendar does not know the working days."""

    woman_id: UUID
    request_id: UUID
    kind: Kind
    by: By
    on: date
    due: date | None
    field: Field | None
    wanted: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper on which somebody agreed or took it back."""

    woman_id: UUID
    purpose: Purpose
    by: ConsentBy
    on: date
    evidence: str
    guardian: str
    relation: str


class PeoplesRights:
    """Over an open registry; a request is answered within `days` working days."""

    def __init__(self, runtime: Runtime, days: int) -> None:
        """One for the whole app."""
        self._runtime = runtime
        self._days = days

    async def inform(self, woman_id: UUID, purposes: Sequence[Purpose], how: Any, on: date, caller: Caller) -> Receipt:
        """She was told the editions of that day."""
        texts = tuple(notice_on(purpose, on).text for purpose in purposes)
        return await self._do(c.Inform(woman_id, texts, how, on, caller.today), caller)

    async def post(self, division: Division, purpose: Purpose, on: date, caller: Caller) -> tuple[UUID, Receipt]:
        """A notice hung in a unit of the caller's on a day."""
        text = notice_on(purpose, on).text
        notice_id = notice_key(division.code, text.purpose, text.version, on)
        command = PostNotice(notice_id, division.code, text, on, caller.today)
        commands = self._runtime.commands
        return notice_id, await commands.handle(
            village_notice,
            notice_id,
            command,
            caller.meta,
            idempotency=caller.idempotency,
            respond=notice_answer(notice_id),
        )

    async def consent(self, paper: Paper, *, given: bool, caller: Caller) -> Receipt:
        """Given, or taken back."""
        state = await self._present(paper.woman_id, caller)
        text = notice_on(paper.purpose, paper.on).text
        child = await self._child(paper.woman_id, state, paper.on)
        said = c.Said(paper.by, paper.evidence, paper.guardian, paper.relation, child)
        kind = c.GiveConsent if given else c.WithdrawConsent
        return await self._do(kind(paper.woman_id, text, said, paper.on, caller.today), caller)

    async def request(self, asked: Asked, caller: Caller) -> Receipt:
        """Write a request down, with what stands now in the field; the day of the answer follows from the calendar."""
        check_day(asked.on, caller.today)
        state = await self._present(asked.woman_id, caller)
        wanted, now = asked.wanted, ""
        if asked.field is not None and wanted:
            wanted = checked(asked.field, wanted, caller.today)
            now = await self._value(asked.woman_id, state, asked.field)
        due = asked.due or last_working_day(asked.on + timedelta(days=1), self._days)
        command = c.MakeRequest(
            asked.woman_id, asked.request_id, asked.kind, asked.by, asked.on, due, caller.today,
            asked.field, now, wanted, asked.evidence,
        )  # fmt: skip
        return await self._do(command, caller, asked.request_id)

    async def accept(self, woman_id: UUID, request_id: UUID, on: date, caller: Caller) -> Receipt:
        """Correct her record as she asked. 409 `rights.id_taken` for an id that another record bears."""
        await self._present(woman_id, caller)
        wanted = await self._wanted(woman_id, request_id)
        command = c.AcceptCorrection(woman_id, request_id, on, caller.today)
        if wanted is None:
            return await self._do(command, caller, request_id)  # refused: no such request, or no correction
        field, value = wanted
        if field == "resident_id":
            await self._check_free(woman_id, value, caller)

        async def corrected(tx: Connection, _events: list[Any]) -> None:
            told = CorrectWoman(woman_id, request_id, field, value, on)
            await self._runtime.commands.handle_within(tx, w.woman, woman_id, told, caller.meta)
            await self._reserve(tx, woman_id, field, value)

        return await self._reserving(command, caller, corrected, request_id)

    async def answer(self, command: c.GiveCopy | c.RefuseRequest, caller: Caller) -> Receipt:
        """A request answered in another way."""
        return await self._do(command, caller, command.request_id)

    async def restrict(self, command: c.Restrict | c.Lift, caller: Caller) -> Receipt:
        """Stop all but storing and protecting, or end that."""
        await self._present(command.woman_id, caller)

        async def marked(tx: Connection, _events: list[Any]) -> None:
            await tx.execute(RESTRICT, command.woman_id, isinstance(command, c.Restrict))

        return await self._reserving(command, caller, marked)

    async def state(self, woman_id: UUID, scope: tuple[str, str]) -> tuple[Rights, list[Recorded[Any]]]:
        """Her rights now, and how they became so; the same 404 for nobody and for another unit's woman."""
        await people.require(self._runtime, woman_id, scope)
        recorded = await self._runtime.store.load(rights_key(woman_id))
        return rights.fold(each.event for each in recorded), recorded

    async def _present(self, woman_id: UUID, caller: Caller) -> s.Registered:
        await people.require(self._runtime, woman_id, caller.scope)
        state, _version = await self._runtime.commands.state(w.woman, woman_id)
        return present(state)

    async def _child(self, woman_id: UUID, state: s.Registered, on: date) -> bool:
        """Whether she is under 14, by the birth date in her id; by the end of the year she was born in without one."""
        born = resident_id.birth_date(await self._value(woman_id, state, "resident_id"))
        born = born or date(state.facts.birth_year, 12, 31)
        return (on.year - born.year - ((on.month, on.day) < (born.month, born.day))) < CHILD

    async def _value(self, woman_id: UUID, state: s.Registered, field: Field) -> str:
        if field in ("relation", "labour"):
            return str(getattr(state.facts, field))
        sealed = state.personal.get(field)
        if sealed is None or sealed.sealed is None:
            return ""
        return (await self._runtime.vault.open_many([(woman_id, sealed.sealed)]))[0] or ""

    async def _wanted(self, woman_id: UUID, request_id: UUID) -> tuple[Field, str] | None:
        recorded = await self._runtime.store.load(rights_key(woman_id))
        made = next(
            (
                each.event
                for each in recorded
                if isinstance(each.event, e.RequestMade) and each.event.request_id == request_id and each.event.field
            ),
            None,
        )
        if made is None or made.field is None:
            return None
        sealed = made.personal["wanted"].sealed
        assert sealed is not None, "a stored value is sealed"
        value = (await self._runtime.vault.open_many([(woman_id, sealed)]))[0]
        if value is None:
            raise not_found("woman")  # erased at this moment
        return made.field, value

    async def _check_free(self, woman_id: UUID, value: str, caller: Caller) -> None:
        token = tokens.id_token(self._runtime.vault, value)
        holder = (await reservations.by_id(self._runtime.pool, [token])).get(token)
        if holder is None or holder.person_id == woman_id:
            return
        await claims.claim(self._runtime, woman_id, holder, caller.meta, caller.today)
        raise id_taken()

    async def _reserve(self, tx: Connection, woman_id: UUID, field: Field, value: str) -> None:
        """Her tokens follow the correction, and her former id keeps leading to her; a lost race is decided anew."""
        known = (await reservations.by_person(tx, [woman_id]))[woman_id]
        vault = self._runtime.vault
        if field == "resident_id":
            known = replace(known, id_token=tokens.id_token(vault, value), birth_year=int(value[6:10]))
        elif field == "name":
            named, sound = tokens.name_token(vault, value), tokens.sound_token(vault, value)
            known = replace(known, name_token=named, sound_token=sound)
        await reservations.keep(tx, [known], [])

    async def _do(self, command: c.Command, caller: Caller, request_id: UUID | None = None) -> Receipt:
        await self._present(command.woman_id, caller)
        return await self._runtime.commands.handle(
            rights,
            rights_key(command.woman_id),
            command,
            caller.meta,
            idempotency=caller.idempotency,
            respond=answer_of(command.woman_id, request_id),
            expected=caller.expected,
        )

    async def _reserving(
        self, command: c.Command, caller: Caller, inside: Any, request_id: UUID | None = None
    ) -> Receipt:
        return await self._runtime.commands.handle_reserving(
            rights,
            rights_key(command.woman_id),
            command,
            caller.meta,
            inside,
            idempotency=caller.idempotency,
            respond=answer_of(command.woman_id, request_id),
            expected=caller.expected,
        )


def answer_of(woman_id: UUID, request_id: UUID | None) -> Respond:
    """What a change is answered with: whose rights, which request, and the version."""

    def respond(receipt: Receipt) -> bytes:
        return orjson.dumps({"woman_id": woman_id, "request_id": request_id, "version": receipt.version})

    return respond


def notice_answer(notice_id: UUID) -> Respond:
    """What a notice of a unit is answered with."""

    def respond(receipt: Receipt) -> bytes:
        return orjson.dumps({"notice_id": notice_id, "version": receipt.version})

    return respond


def id_taken() -> Conflict:
    """Another record bears the id; whose, only the queue of likely duplicates shows, to who may see it."""
    return Conflict(
        "rights.id_taken",
        "这个证件号码已属另一份记录；两份记录已列入疑似重复，请先在那里核实",
        field="wanted",
        rule="一个证件号码只属于一人",
        right="先处理疑似重复，再答复这项更正",
    )
