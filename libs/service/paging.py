"""Keyset paging with signed, opaque cursors: `?limit=&cursor=` → `{"items": […], "next": url or null}` and `Link`.

A cursor holds the last row's key and a hash of the filters and of the caller; it is signed, not secret, so a key must
not hold personal data.

    async def list_women(request: Request, response: Response, principal: …, page: Page) -> PageOf[Woman]:
        filters = {"division": division}
        after = page.after(request, principal, filters)           # None on the first page, else the key as a list
        listing = women.listed(pool, principal.division)          # libs.events.keyset: rights are in its filter
        rows = await listing.page(after, page.limit + 1)          # one more tells whether there is a next page
        count = await page.count(listing)                         # by the same statement, if it was asked for
        return page.answer(request, response, principal, filters, rows, key=lambda row: [row.division, str(row.id)],
                           count=count)

`fields=id,name` leaves out the other fields of the items (libs.service.shaping), without a word of the route.
`count=exact` adds how many rows all pages have together. `next` does not ask again: the sum is told once.
"""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import orjson
from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from libs.access.principal import Principal
from libs.events.keyset import Listing
from libs.service.bodies import Malformed
from libs.service.in_loop import made
from libs.service.query import BadParameter
from libs.service.shaping import FIELDS
from libs.service.traits import traits_of
from libs.values.errors import Invalid

T = TypeVar("T")
R = TypeVar("R")
MAX_LIMIT: Final = 500
_TAG: Final = 16
_FIELDS_SAID: Final = "names of an item's fields, separated by commas: only these are answered"
_COUNT_SAID: Final = "`exact`: the answer tells in `count` how many rows all pages have together"
Missing = Literal["too_slow"]


def _untold(value: object) -> bool:
    return value is None


class PageOf(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = None
    count: Annotated[
        int | None, Field(exclude_if=_untold, description="rows of all pages together; there with `count=exact` only")
    ] = None
    count_missing: Annotated[
        Missing | None,
        Field(
            exclude_if=_untold,
            description="why the `count` asked for is not there; `too_slow`: it could not be counted in time",
            examples=[None],
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Count:
    """What is told of the number of rows: nothing, the number, or why it is missing."""

    rows: int | None = None
    missing: Missing | None = None


class Cursors:
    """Signs and reads cursors; one per app."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def encode(self, key: Sequence[Any], filters: Mapping[str, Any], caller: str) -> str:
        """The cursor after the row with this key."""
        body = orjson.dumps([list(key), self._hash(filters, caller)])
        return base64.urlsafe_b64encode(self._sign(body) + body).decode().rstrip("=")

    def decode(self, cursor: str, filters: Mapping[str, Any], caller: str) -> list[Any]:
        """The key; 422 when the cursor is not ours or another caller's, 400 when the filters changed."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        tag, body = raw[:_TAG], raw[_TAG:]
        if not hmac.compare_digest(tag, self._sign(body)):
            raise _bad()
        key, (for_filters, for_caller) = orjson.loads(body)
        now_filters, now_caller = self._hash(filters, caller)
        if for_caller != now_caller:
            raise _bad()
        if for_filters != now_filters:
            raise Malformed("paging.cursor_other_filter", "the cursor belongs to other filters", field="cursor")
        assert isinstance(key, list)
        return key

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, b"cursor\n" + body, "sha256")[:_TAG]

    def _hash(self, filters: Mapping[str, Any], caller: str) -> list[str]:
        known = {name: value for name, value in filters.items() if value is not None}
        content = orjson.dumps(known, option=orjson.OPT_SORT_KEYS, default=str)
        return [hashlib.sha256(content).hexdigest()[:16], hashlib.sha256(caller.encode()).hexdigest()[:16]]


class PageQuery:
    """`limit`, `cursor`, `fields` and `count` of a list route."""

    def __init__(
        self,
        request: Request,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="rows of a page")] = 50,
        cursor: Annotated[str | None, Query(max_length=1024, description="`next` of the page before")] = None,
        fields: Annotated[str | None, Query(max_length=500, description=_FIELDS_SAID, examples=["id"])] = None,
        count: Annotated[Literal["exact"] | None, Query(description=_COUNT_SAID)] = None,
    ) -> None:
        self.limit = limit
        self.cursor = cursor
        self._counts = count is not None
        self._within = timedelta(seconds=request.app.state.settings.count_seconds)
        if fields is not None:
            request.scope.setdefault("state", {})[FIELDS] = _checked(fields, traits_of(request).item_fields)

    def after(self, request: Request, principal: Principal, filters: Mapping[str, Any]) -> list[Any] | None:
        """The key of the last row of the page before; None on the first page."""
        if self.cursor is None:
            return None
        return _cursors(request).decode(self.cursor, filters, principal.sub)

    async def count(self, listing: Listing) -> Count:
        """How many rows the list has, if that was asked for; without a number when it took too long."""
        return await self.counted(lambda: listing.count(self._within))

    async def counted(self, rows: Callable[[], Awaitable[int | None]]) -> Count:
        """The same of a list that counts its rows by a way of its own; None: it could not be counted in time."""
        if not self._counts:
            return Count()
        number = await rows()
        return Count(number) if number is not None else Count(missing="too_slow")

    def answer(
        self,
        request: Request,
        response: Response,
        principal: Principal,
        filters: Mapping[str, Any],
        rows: Sequence[R],
        *,
        key: Callable[[R], Sequence[Any]],
        count: Count,
    ) -> PageOf[R]:
        """The page from up to `limit + 1` rows; sets `Link` when there is a next one."""
        items = list(rows[: self.limit])
        page: PageOf[R] = PageOf(items=items, count=count.rows, count_missing=count.missing)
        if len(rows) > self.limit:
            cursor = _cursors(request).encode(key(items[-1]), filters, principal.sub)
            url = request.url.remove_query_params("count").include_query_params(cursor=cursor, limit=self.limit)
            page.next = f"{url.path}?{url.query}"
            response.headers["Link"] = f'<{page.next}>; rel="next"'
        return page


Page = Annotated[PageQuery, made(PageQuery)]


def _checked(fields: str, known: frozenset[str]) -> frozenset[str]:
    asked = fields.split(",")
    unknown = next((name for name in asked if name not in known), None)
    if unknown is not None:
        right = ",".join(sorted(known))
        raise BadParameter(
            "paging.unknown_field",
            "an item has no such field",
            field="fields",
            value=unknown[:64],
            right=right,
        )
    return frozenset(asked)


def _cursors(request: Request) -> Cursors:
    cursors = request.app.state.cursors
    assert isinstance(cursors, Cursors)
    return cursors


def _bad() -> Invalid:
    return Invalid("paging.cursor_bad", "the cursor is not good", field="cursor")
