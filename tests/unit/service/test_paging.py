"""Cursors: opaque, signed, bound to filters and caller."""

import httpx
import pytest

from libs.service.bodies import Malformed
from libs.service.paging import Cursors
from libs.values.errors import Invalid


async def test_pages_follow_each_other_to_the_end(client: httpx.AsyncClient) -> None:
    seen: list[str] = []
    url: str | None = "/v1/items?limit=3&kind=x"
    while url:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        seen += answer.json()["items"]
        url = answer.json()["next"]
        assert answer.headers.get("link") == (f'<{url}>; rel="next"' if url else None)
    assert seen == [f"row-{number:03}" for number in range(7)]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=1e9", "cursor=AAAA", "cursor=%2A"])
async def test_a_bad_limit_or_cursor_is_422(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/v1/items?{query}")).status_code == 422


async def test_a_cursor_with_other_filters_is_400(client: httpx.AsyncClient) -> None:
    address = (await client.get("/v1/items?limit=3&kind=x")).json()["next"]
    answer = await client.get(address.replace("kind=x", "kind=y"))
    assert (answer.status_code, answer.json()["code"]) == (400, "paging.cursor_other_filter")


def test_a_cursor_changed_by_one_byte_is_refused_everywhere() -> None:
    cursors = Cursors(b"secret")
    cursor = cursors.encode(["a", 1], {"unit": "x"}, "me")
    assert cursors.decode(cursor, {"unit": "x", "kind": None}, "me") == ["a", 1]
    for place in range(len(cursor) - 1):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises((Invalid, Malformed)):
            cursors.decode(changed, {"unit": "x"}, "me")


def test_a_cursor_of_another_caller_or_key_is_refused() -> None:
    cursor = Cursors(b"secret").encode(["a"], {}, "me")
    with pytest.raises(Invalid):
        Cursors(b"secret").decode(cursor, {}, "you")
    with pytest.raises(Invalid):
        Cursors(b"other").decode(cursor, {}, "me")
