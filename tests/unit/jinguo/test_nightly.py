"""When the backup of the night is due."""

from datetime import UTC, datetime

import pytest

from jinguo.nightly import due

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 18, tzinfo=UTC)),  # 20:00 here → 02:00 here
        (datetime(2026, 1, 1, 17, 59, tzinfo=UTC), datetime(2026, 1, 1, 18, tzinfo=UTC)),
        (datetime(2026, 1, 1, 18, tzinfo=UTC), datetime(2026, 1, 2, 18, tzinfo=UTC)),
    ],
)
def test_it_is_due_at_two_in_the_night_after_the_last_one(last: datetime, expected: datetime) -> None:
    assert due(last, started=LONG_AGO) == expected


def test_a_machine_that_slept_through_the_night_backs_up_soon_after_its_start() -> None:
    started = datetime(2026, 1, 5, 0, 30, tzinfo=UTC)
    assert due(datetime(2026, 1, 1, tzinfo=UTC), started) == datetime(2026, 1, 5, 0, 35, tzinfo=UTC)
