"""The time of an exit as offices write it."""

import pytest

from services.registry.domain.exits.said import read_when


@pytest.mark.parametrize(
    ("written", "valid"),
    [
        ("2016-12-31", "2016-12-31"),
        ("2016年12月3日", "2016-12-03"),
        ("2016.12.3", "2016-12-03"),
        ("２０１６／１２／３", "2016-12-03"),
        ("2016年12月", "2016-12"),
        ("2016-12", "2016-12"),
        ("2016.12", "2016-12"),
        ("2016年", "2016"),
        ("2016年度", "2016"),
        (" 2016 ", "2016"),
        ("2016-12-31至2021-12-31", "2016-12-31/2021-12-31"),
        ("2016年—2017年", "2016-01-01/2017-12-31"),
        ("2016年12月到2017年3月", "2016-12-01/2017-03-31"),
    ],
)
def test_a_written_time_is_read_as_exactly_as_it_says(written: str, valid: str) -> None:
    assert str(read_when(written)) == valid


@pytest.mark.parametrize(
    "written",
    [
        "",
        "去年",
        "03/04/2016",
        "2016-02-30",
        "2016-13",
        "42735",
        "16年",
        "2017至2016",
        "2016-12-31至",
        "2016-12-31 08:00",
    ],
)
def test_what_cannot_be_read_or_in_two_ways_is_not_guessed(written: str) -> None:
    assert read_when(written) is None
