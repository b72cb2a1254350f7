"""A tried file is kept for its owner, for an hour, one a user."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

from services.console.adapters.drafts import KEPT, MOST, Drafts, pieces


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def test_the_file_comes_back_as_it_was() -> None:
    drafts = Drafts(Clock())
    draft_id = await drafts.keep("a", "register", "名册.xlsx", BytesIO(b"x" * 700_000))
    kept = drafts.find("a", draft_id)
    assert kept is not None
    assert (kept.kind, kept.filename) == ("register", "名册.xlsx")
    for _ in range(2):
        assert b"".join([piece async for piece in pieces(kept.file)]) == b"x" * 700_000


async def test_nobody_else_finds_it() -> None:
    drafts = Drafts(Clock())
    draft_id = await drafts.keep("a", "register", "f", BytesIO(b"x"))
    assert drafts.find("b", draft_id) is None
    assert drafts.find("a", "another") is None


async def test_it_goes_after_an_hour_and_with_the_next_file_of_its_owner() -> None:
    clock = Clock()
    drafts = Drafts(clock)
    first = await drafts.keep("a", "register", "f", BytesIO(b"x"))
    second = await drafts.keep("a", "register", "g", BytesIO(b"y"))
    assert drafts.find("a", first) is None
    assert drafts.find("a", second) is not None
    clock.now += KEPT - timedelta(seconds=1)
    assert drafts.find("a", second) is not None
    clock.now += timedelta(seconds=1)
    assert drafts.find("a", second) is None


async def test_the_oldest_go_when_there_are_too_many() -> None:
    drafts = Drafts(Clock())
    kept = [await drafts.keep(f"user{n}", "register", "f", BytesIO(b"x")) for n in range(MOST + 1)]
    assert drafts.find("user0", kept[0]) is None
    assert drafts.find("user1", kept[1]) is not None
