"""Routes of kept headings: which counts for a unit, all of one's units, keep, take back.

Errors: 404 `common.not_found`; 412 `mapping.stale`; 422 `mapping.unknown_kind`, `mapping.unknown_column`,
`mapping.heading_twice`, `mapping.column_twice`, `mapping.heading_form`.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404, not_found
from libs.rosters.mapping import LONGEST_HEADING, MOST_PAIRS
from libs.service.bodies import Body
from libs.service.header_mappings import HeaderMappings, Kept, Kinds, kept_of, pairs_of
from libs.service.paging import Page, PageOf
from libs.service.writes import IfMatch, IfMatchIfAny, etag
from libs.values.division import Division

Unit = Annotated[
    str | None,
    Query(pattern="^[0-9]{12}$", description="code of a unit; one's own without it", examples=["522634000000"]),
]


AS_IT_IS = StringConstraints(strip_whitespace=False)


class Pair(Body):
    """One heading of an office for one of our columns."""

    heading: Annotated[str, AS_IT_IS] = Field(min_length=1, max_length=LONGEST_HEADING, examples=["妇女名"])
    column: Annotated[str, AS_IT_IS] = Field(min_length=1, max_length=LONGEST_HEADING, examples=["姓名"])


class Mapping(Body):
    """All headings that stand for other columns than their words say; each heading and each column once."""

    columns: list[Pair] = Field(min_length=1, max_length=MOST_PAIRS)


class PairOut(BaseModel):
    """One heading of an office for one of our columns."""

    heading: str
    column: str


class HeaderMappingOut(BaseModel):
    """What a unit keeps for a kind of list; units below that keep none of their own read by it too."""

    kind: str
    unit: str = Field(examples=["522634000000"])
    columns: list[PairOut]
    version: int
    kept_at: datetime


class ListKindOut(BaseModel):
    """A kind of list with the columns that a mapping may name."""

    kind: str
    column: list[str]


class ListKinds(BaseModel):
    """All kinds of list of the service."""

    items: list[ListKindOut]


def _kind(words: list[str]) -> Any:
    return Query(description="kind of list", json_schema_extra={"enum": words}, examples=words[:1])


async def _mappings(request: Request) -> HeaderMappings:
    found: HeaderMappings = request.app.state.header_mappings
    return found


TheMappings = Annotated[HeaderMappings, Depends(_mappings)]


def router(action: str, kinds: Kinds) -> APIRouter:
    """The routes, under an action that whoever may import has; `kinds` are those of the service."""
    mapping_router = APIRouter(prefix="/v1/header-mappings", tags=["header-mappings"])
    words = sorted(kinds)

    @mapping_router.get("")
    async def list_mappings(
        request: Request,
        response: Response,
        principal: Annotated[Principal, requires(action)],
        mappings: TheMappings,
        page: Page,
        kind: Annotated[str | None, _kind(words)] = None,
    ) -> PageOf[HeaderMappingOut]:
        """Those kept for the caller's units, and for the units above, which count for them too."""
        if kind is not None:
            mappings.forms(kind)
        filters = {"kind": kind}
        listing = mappings.listed(principal, kind)
        rows = await listing.page(page.after(request, principal, filters), page.limit + 1)
        found = [out(kept_of(record)) for record in rows]
        count = await page.count(listing)
        return page.answer(
            request, response, principal, filters, found, key=lambda row: [row.unit, row.kind], count=count
        )

    @mapping_router.get("/kinds", dependencies=[requires(action)])
    async def list_kinds(mappings: TheMappings) -> ListKinds:
        """Kinds of list, and the columns that a mapping of each may name."""
        return ListKinds(
            items=[
                ListKindOut(kind=kind, column=list(dict.fromkeys(each.name for form in forms for each in form.columns)))
                for kind, forms in mappings.kinds.items()
            ]
        )

    @mapping_router.get("/in-force")
    async def read_mapping(
        response: Response,
        principal: Annotated[Principal, requires(action)],
        mappings: TheMappings,
        kind: Annotated[str, _kind(words)],
        unit: Unit = None,
        nearest: Annotated[bool, Query(description="false: only what the unit itself keeps")] = True,
    ) -> HeaderMappingOut:
        """The one that counts for imports of a unit: its own, else of the nearest unit above; 404 without any."""
        division = Division(unit) if unit else principal.division
        covers_or_404(principal, division, "unit")
        mappings.forms(kind)
        kept = await mappings.nearest(division, kind, own=not nearest)
        if kept is None:
            raise not_found("unit")
        response.headers["ETag"] = etag(kept.version)
        return out(kept)

    _add_changes(mapping_router, action, words)
    return mapping_router


def _add_changes(mapping_router: APIRouter, action: str, words: list[str]) -> None:
    @mapping_router.put("")
    async def keep_mapping(
        response: Response,
        body: Mapping,
        principal: Annotated[Principal, requires(action)],
        mappings: TheMappings,
        kind: Annotated[str, _kind(words)],
        seen: IfMatchIfAny,
        unit: Unit = None,
    ) -> HeaderMappingOut:
        """Keep a mapping for a unit, whole; a change names the version it was made to (`If-Match`), a first none."""
        division = Division(unit) if unit else principal.division
        pairs = [(each.heading, each.column) for each in body.columns]
        kept = await mappings.keep(principal, division, kind, pairs, seen)
        response.headers["ETag"] = etag(kept.version)
        return out(kept)

    @mapping_router.delete("", status_code=204)
    async def forget_mapping(
        principal: Annotated[Principal, requires(action)],
        mappings: TheMappings,
        kind: Annotated[str, _kind(words)],
        seen: IfMatch,
        unit: Unit = None,
    ) -> None:
        """Take a unit's mapping back; what was imported by it stays. Needs `If-Match`."""
        await mappings.forget(principal, Division(unit) if unit else principal.division, kind, seen)


def out(kept: Kept) -> HeaderMappingOut:
    """As callers see it."""
    columns = [PairOut(**pair) for pair in pairs_of(kept.columns)]
    return HeaderMappingOut(kind=kept.kind, unit=kept.unit, columns=columns, version=kept.version, kept_at=kept.kept_at)
