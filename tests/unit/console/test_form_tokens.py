"""A form's token never looks the same twice, and only what was masked is a token again."""

import pytest

from services.console.form_tokens import mask, unmask

TOKEN = "Yk2Pz0-a_4cQ9vT7uB3m"


def test_a_token_comes_back_from_under_its_mask() -> None:
    assert unmask(mask(TOKEN)) == TOKEN


def test_two_pages_show_nothing_alike() -> None:
    first, second = mask(TOKEN), mask(TOKEN)
    assert first != second
    assert TOKEN not in first


@pytest.mark.parametrize("shown", ["", "a", "wrong", "é", "/w==", "=" * 8, TOKEN])
def test_what_was_never_masked_is_no_token(shown: str) -> None:
    assert unmask(shown) != TOKEN
