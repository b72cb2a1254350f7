"""What a register is full for, and whom it leaves out: proposed by a dry run, confirmed by a person, noted once.

Absence puts a woman on the list "missing", where a person decides (died, married out, moved, deregistered, still
here): it is never an exit and never a deletion. A household with a refused row leaves nobody out until it is corrected.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from libs.events.decider import Decider
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import Append, retried
from libs.values.division import Division
from libs.values.errors import Invalid
from services.registry.domain import household as h
from services.registry.domain import woman as w
from services.registry.domain.presence import NoteMissing
from services.registry.handlers import reservations, tokens
from services.registry.handlers.planning import HouseholdPlan
from services.registry.projections import divisions

FULL_FROM: Final = 0.8
"""A file that names this share of the women known in a township is proposed as full for it; 2021 named 87 %."""
BATCH: Final = 200

KNOWN = """
SELECT left(division, 9) || '000' AS township, count(*) AS women FROM persons
WHERE woman AND NOT erased AND survivor_id IS NULL AND division BETWEEN $1 AND $2 GROUP BY 1
"""


@dataclass
class Named:
    """Whom the rows of a file name: women by township of the file and by the township where they were known."""

    in_file: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    women: set[UUID] = field(default_factory=set)
    doubtful: set[tuple[str, str]] = field(default_factory=set)

    def take(self, plans: Iterable[HouseholdPlan], *, remember: bool) -> None:
        """Count a batch; `remember` each woman where nothing is written that would tell later."""
        for plan in plans:
            if plan.refused:
                self.doubtful.add((plan.entry.county, plan.entry.code))
            for person in plan.persons:
                if person.entry.sex == "female":
                    self.in_file[f"{plan.entry.division[:9]}000"] += 1
                    if person.was is not None:
                        self.known[f"{person.was.division[:9]}000"] += 1
                    if person.was is not None and remember:
                        self.women.add(person.person_id)


def check_cover(codes: Sequence[str], unit: Division) -> tuple[str, ...]:
    """The units that a file is full for, none twice, each the importer's own or below it.

    Raises Invalid `division.*` for no code and `registry.cover_outside` for another unit's.
    """
    for code in codes:
        if not unit.covers(Division(code)):
            raise Invalid(
                "registry.cover_outside",
                f"{code} 不在导入单位 {unit.code} 的辖区内。",
                field="cover",
                value=code,
                rule="只能对本单位辖区声明全量",
                right=unit.code,
            )
    return tuple(sorted(set(codes)))


@dataclass(frozen=True)
class Covering:
    """Notes for one import whom it leaves out."""

    runtime: Runtime
    meta: Meta
    import_id: UUID
    as_of: date
    named: Named

    async def proposal(self, unit: Division) -> dict[str, Any]:
        """What the file seems to be full for, with the figures that say so, for a person to confirm or change."""
        known = {row["township"]: row["women"] for row in await self.runtime.pool.fetch(KNOWN, *unit.range())}
        names = await divisions.names(self.runtime.pool, list(self.named.in_file))
        units = [
            {
                "code": code,
                "name": names.get(code, code),
                "women_in_file": self.named.in_file[code],
                "women_known": known.get(code, 0),
                "women_named": self.named.known[code],
                "full": self.named.known[code] >= FULL_FROM * known.get(code, 0),
            }
            for code in sorted(self.named.in_file)
        ]
        return {"full": bool(units) and all(item["full"] for item in units), "units": units}

    async def left_out(self, cover: Sequence[str]) -> list[UUID]:
        """Women of the covered units whom neither this file nor a newer one names."""
        doubtful = await self._doubtful()
        found: dict[UUID, None] = {}
        for code in cover:
            for row in await reservations.unnamed(self.runtime.pool, Division(code).range(), self.as_of):
                if row["household_id"] not in doubtful and row["person_id"] not in self.named.women:
                    found[row["person_id"]] = None
        return list(found)

    async def note(self, cover: Sequence[str], scope: tuple[str, str]) -> tuple[int, list[int]]:
        """Note everybody who is left out and every household without members; gives the number of women and xids."""
        women = await self.left_out(cover)
        xids = await self._all(women, w.woman, lambda item: NoteMissing(item, self.as_of, self.import_id))
        empty = await reservations.emptied(self.runtime.pool, scope, self.as_of)
        xids += await self._all(empty, h.household, lambda item: h.Dissolve(item, self.as_of, self.import_id))
        return len(women), xids

    async def _all(
        self, ids: Sequence[UUID], decider: Decider[Any, Any, Any], command: Callable[[UUID], Any]
    ) -> list[int]:
        xids: list[int] = []
        for start in range(0, len(ids), BATCH):
            xids += await self._batch(ids[start : start + BATCH], decider, command)
        return xids

    async def _batch(
        self, ids: Sequence[UUID], decider: Decider[Any, Any, Any], command: Callable[[UUID], Any]
    ) -> list[int]:
        """Decide and append together; a race is decided anew."""

        async def once() -> list[int]:
            streams = await self.runtime.store.load_many(ids)
            appends = [
                Append(item, recorded[-1].version, events, self.meta)
                for item, recorded in streams.items()
                if recorded and (events := decider.decide(decider.fold(each.event for each in recorded), command(item)))
            ]
            return [done.xid for done in await self.runtime.store.append_many(appends)]

        return await retried(once)

    async def _doubtful(self) -> set[UUID]:
        """Households of which a row was refused: whom it named is not known."""
        vault = self.runtime.vault
        keys = [(county, tokens.code_token(vault, county, code)) for county, code in self.named.doubtful]
        found = await reservations.households(self.runtime.pool, keys)
        return {household.household_id for household in found.values()}
