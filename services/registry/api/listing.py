"""Lists of a unit: one page of a listing; lists of women with names as the caller may see them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias, TypeVar
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel

from libs.access.principal import Principal, covers_or_404
from libs.events.keyset import Listing
from libs.events.runtime import Runtime
from libs.events.types import Pool, Record
from libs.service.asking import Asking, Asks
from libs.service.dependencies import Now, TheRuntime
from libs.service.in_loop import made
from libs.service.paging import Page, PageOf
from libs.service.problems import language_of
from libs.values.division import Division
from libs.values.priority import Needs, PriorityRule, explained, rule_on
from libs.values.target_group import target_group
from libs.values.valid_date import local_date
from services.registry.api.schemas import PriorityOut, WomanOut
from services.registry.handlers import reading
from services.registry.handlers.reading import Reading
from services.registry.projections import divisions, priority

CODE: Final = r"^[0-9]{12}$"
Unit: TypeAlias = Annotated[str | None, Query(pattern=CODE, description="the caller's unit or one inside it")]
Order: TypeAlias = Callable[[WomanOut], list[Any]]
Key: TypeAlias = Mapping[str, Callable[[str], Any]]
"""The columns by which a list is sorted, each with how its value is read back from a cursor."""
R = TypeVar("R")
M = TypeVar("M", bound=BaseModel)


def unit_of(principal: Principal, division: str | None) -> Division:
    """The unit that is asked for, the caller's own without a word; 404 for one outside it."""
    unit = Division(division) if division else principal.division
    covers_or_404(principal, unit, "division")
    return unit


@dataclass(frozen=True)
class UnitList:
    """What every list of a unit asks for: a page, a division."""

    request: Request
    response: Response
    runtime: TheRuntime
    page: Page
    division: Unit = None

    async def answer(
        self,
        principal: Principal,
        of: Callable[[Pool, tuple[str, str]], Listing],
        key: Key,
        shown: Callable[[list[Record]], Awaitable[list[R]]],
        **filters: str | None,
    ) -> PageOf[R]:
        """One page of the rows of `of`, sorted by the columns of `key`, in the words of `shown`."""
        unit, page = unit_of(principal, self.division), self.page
        told = {"division": unit.code, **filters}
        after = page.after(self.request, principal, told)
        listing = of(self.runtime.pool, unit.range())
        rows = await listing.page(
            [read(text) for read, text in zip(key.values(), after, strict=True)] if after else None, page.limit + 1
        )
        found = page.answer(
            self.request, self.response, principal, told, rows,
            key=lambda row: [str(row[name]) for name in key], count=await page.count(listing),
        )  # fmt: skip
        items = await shown(found.items)
        return PageOf(items=items, next=found.next, count=found.count, count_missing=found.count_missing)

    def named(self, model: type[M]) -> Callable[[list[Record]], Awaitable[list[M]]]:
        """Rows as a model that has their columns and `division_name`."""

        async def shown(rows: list[Record]) -> list[M]:
            names = await self.place_names(rows)
            return [model(**row, division_name=names.get(row["division"], "")) for row in rows]

        return shown

    async def place_names(self, rows: list[Record]) -> dict[str, str]:
        """Names of the divisions of these rows."""
        return await divisions.names(self.runtime.pool, [row["division"] for row in rows])


AskedUnit = Annotated[UnitList, made(UnitList)]


def by_division(woman: WomanOut) -> list[Any]:
    """Her place in a list by division and id."""
    return [woman.division, str(woman.woman_id)]


def by_priority(woman: WomanOut) -> list[Any]:
    """Her place in the list by need."""
    rank = woman.priority
    known = rank.income_fen is not None
    return [rank.rank_class, not known, rank.income_fen or 0, rank.measures_so_far, str(woman.woman_id)]


@dataclass(frozen=True)
class WomenList:
    """What every list of women asks for: a page, a division, names masked or in clear."""

    request: Request
    response: Response
    runtime: TheRuntime
    page: Page
    asking: Asks
    now: Now
    division: Unit = None

    async def answer(
        self,
        principal: Principal,
        of: Callable[[Pool, tuple[str, str]], Listing],
        key: Order = by_division,
        **filters: str,
    ) -> PageOf[WomanOut]:
        """One page of women of the caller's unit or one inside it, in the order of `of`, whose keys `key` knows."""
        page, runtime = self.page, self.runtime
        asked = reading_of(self.asking, principal, f"GET {self.request.scope['route'].path}", self.now())
        unit = unit_of(principal, self.division)
        told = {"division": unit.code, "clear": asked.clear, **filters}
        after = page.after(self.request, principal, told)
        listing = of(runtime.pool, unit.range())
        rows = await listing.page((*after[:-1], UUID(after[-1])) if after else None, page.limit + 1)
        shown = await shown_women(runtime, asked, rows[: page.limit], language_of(self.request))
        self.response.headers["Cache-Control"] = "no-store"
        if len(rows) > page.limit:
            shown.append(shown[-1])  # stands for the row that shows that there is a next page
        return page.answer(
            self.request, self.response, principal, told, shown,
            key=key, count=await page.count(listing),
        )  # fmt: skip


Asked = Annotated[WomenList, made(WomenList)]


def reading_of(asking: Asking, principal: Principal, route: str, now: datetime) -> Reading:
    """Who reads, whether in clear and why."""
    asking.masks(principal)
    return Reading(principal, route, now, asking.clear, asking.reason)


async def shown_women(runtime: Runtime, asked: Reading, rows: list[Record], language: str) -> list[WomanOut]:
    """Rows of the read model with names of people and places, and the reasons of their rank in this language."""
    today = local_date(asked.now)
    rule, needs = rule_on(today), await priority.needs(runtime.pool, [row["woman_id"] for row in rows])
    who = await reading.identities(runtime.pool, runtime.vault, asked, rows)
    names = await divisions.names(runtime.pool, [row["division"] for row in rows])
    return [
        WomanOut(
            **{name: row[name] for name in WomanOut.model_fields if name in row},
            **who[row["woman_id"]],
            division_name=names.get(row["division"], ""),
            target_group=target_group(row["birth_year"], row["labour"], row["in_school"], today).value,
            priority=_priority(rule, needs[row["woman_id"]], language),
        )
        for row in rows
    ]


def _priority(rule: PriorityRule, needs: Needs, language: str) -> PriorityOut:
    income = needs.income
    return PriorityOut(
        rule=rule.version,
        rank_class=rule.class_of(needs.status),
        income_fen=income.per_head_fen if income else None,
        year=income.year if income else None,
        measures_so_far=needs.measures,
        explained=explained(needs, language),
    )
