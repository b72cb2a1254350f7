"""Lists of women: one page of a listing with names as the caller may see them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from libs.access.principal import Principal, covers_or_404
from libs.events.keyset import Listing
from libs.events.runtime import Runtime
from libs.events.types import Pool, Record
from libs.service.asking import Asking, Asks
from libs.service.dependencies import Now, TheRuntime
from libs.service.paging import Page, PageOf
from libs.values.division import Division
from services.registry.api.schemas import WomanOut
from services.registry.handlers import reading
from services.registry.handlers.reading import Reading
from services.registry.projections import divisions

CODE: Final = r"^[0-9]{12}$"


@dataclass(frozen=True)
class WomenList:
    """What every list of women asks for: a page, a division, names masked or in clear."""

    request: Request
    response: Response
    runtime: TheRuntime
    page: Page
    asking: Asks
    now: Now
    division: Annotated[str | None, Query(pattern=CODE, description="the caller's unit or one inside it")] = None

    async def answer(
        self,
        principal: Principal,
        of: Callable[[Pool, tuple[str, str]], Listing],
        **filters: str,
    ) -> PageOf[WomanOut]:
        """One page of women of the caller's unit or one inside it, by division and id."""
        page, runtime = self.page, self.runtime
        asked = reading_of(self.asking, principal, f"GET {self.request.scope['route'].path}", self.now())
        unit = Division(self.division) if self.division else principal.division
        covers_or_404(principal, unit, "division")
        told = {"division": unit.code, "clear": asked.clear, **filters}
        after = page.after(self.request, principal, told)
        listing = of(runtime.pool, unit.range())
        rows = await listing.page((str(after[0]), UUID(after[1])) if after else None, page.limit + 1)
        shown = await shown_women(runtime, asked, rows[: page.limit])
        self.response.headers["Cache-Control"] = "no-store"
        if len(rows) > page.limit:
            shown.append(shown[-1])  # stands for the row that shows that there is a next page
        return page.answer(
            self.request, self.response, principal, told, shown,
            key=lambda woman: [woman.division, str(woman.woman_id)], count=await page.count(listing),
        )  # fmt: skip


Asked = Annotated[WomenList, Depends()]


def reading_of(asking: Asking, principal: Principal, route: str, now: datetime) -> Reading:
    """Who reads, whether in clear and why."""
    asking.masks(principal)
    return Reading(principal, route, now, asking.clear, asking.reason)


async def shown_women(runtime: Runtime, asked: Reading, rows: list[Record]) -> list[WomanOut]:
    """Rows of the read model with names of people and places."""
    who = await reading.identities(runtime.pool, runtime.vault, asked, rows)
    names = await divisions.names(runtime.pool, [row["division"] for row in rows])
    return [
        WomanOut(
            **{name: row[name] for name in WomanOut.model_fields if name in row},
            **who[row["woman_id"]],
            division_name=names.get(row["division"], ""),
        )
        for row in rows
    ]
