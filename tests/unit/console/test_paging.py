"""The next page of a list: asked for as this one was, from where the service's page ended."""

from services.console.shell import next_page

SERVICES = "/reporting/v1/lines?measure=training&cursor=abc&limit=2"


def test_the_next_page_is_asked_for_as_this_one_was() -> None:
    asked = {"division": "522634000000", "as_known": 7, "limit": 2}
    assert next_page("/lines", SERVICES, **asked) == "/lines?division=522634000000&as_known=7&limit=2&cursor=abc"


def test_what_was_not_asked_for_is_not_asked_for_then() -> None:
    assert next_page("/lines", SERVICES, as_known=None, measure="") == "/lines?cursor=abc"


def test_after_the_last_page_there_is_none() -> None:
    assert next_page("/lines", None, division="522634000000") is None
