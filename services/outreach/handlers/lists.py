"""Who came to an activity: looked up in the read copy of the register, inside the caller's units only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from libs.events.commands import Commands, Idempotency, Receipt, Respond
from libs.events.meta import Meta
from libs.register.women import Known, Women
from libs.values.division import Division
from libs.values.errors import NotFound, Refused
from services.outreach.domain.activity import KeepList, Named, Planned, activity


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: his units, and what is kept beside the events."""

    division: Division
    meta: Meta
    idempotency: Idempotency
    respond: Respond


class Lists:
    """Keeps the lists of activities."""

    def __init__(self, commands: Commands, women: Women) -> None:
        """The command path and our copy of the register."""
        self._commands = commands
        self._women = women

    async def keep(
        self, activity_id: UUID, add: Mapping[UUID, int], strike: Collection[UUID], caller: Caller
    ) -> Receipt:
        """`add`: woman → sessions she came to. Raises NotFound for what is not the caller's, Refused by the rules."""
        state, _version = await self._commands.state(activity, activity_id)
        unit = Division(state.facts.unit) if isinstance(state, Planned) else None
        if unit is None or not (caller.division.covers(unit) or unit.covers(caller.division)):
            raise NotFound("outreach.activity_not_found", "没有这个活动，或它不属于您的单位")
        assert isinstance(state, Planned)
        known = await self._women.known({*add, *strike, *state.named})
        ids = {_id(woman, known): woman for woman in state.named}  # who she is now → under which id she was named
        command = KeepList(
            activity_id,
            tuple(self._named(woman, sessions, ids, known, caller) for woman, sessions in add.items()),
            tuple(self._struck(woman, ids, known, state, caller) for woman in strike),
        )
        return await self._commands.handle(
            activity, activity_id, command, caller.meta, idempotency=caller.idempotency, respond=caller.respond
        )

    def _named(
        self, asked: UUID, sessions: int, ids: Mapping[UUID, UUID], known: Mapping[UUID, Known], caller: Caller
    ) -> Named:
        woman = known.get(asked)
        if woman is None or not caller.division.covers(Division(woman.division)):
            raise _nobody()
        if woman.restricted:
            raise Refused(
                "outreach.woman_restricted",
                "她的个人信息已限制处理，不登入名单",
                field="woman_id",
                rule="限制处理期间只存储，不作新的处理",
                right="解除限制后再登记",
            )
        return Named(ids.get(woman.woman_id, woman.woman_id), woman.division, sessions)

    def _struck(
        self,
        asked: UUID,
        ids: Mapping[UUID, UUID],
        known: Mapping[UUID, Known],
        state: Planned,
        caller: Caller,
    ) -> UUID:
        named = ids.get(_id(asked, known))
        if named is None:
            raise _nobody()
        home = known[asked].division if asked in known else state.named[named].division
        if not caller.division.covers(Division(home)):
            raise _nobody()
        return named


def _id(woman: UUID, known: Mapping[UUID, Known]) -> UUID:
    return known[woman].woman_id if woman in known else woman


def _nobody() -> NotFound:
    return NotFound("outreach.woman_not_found", "没有这位妇女，或她不属于您的单位", field="woman_id")
