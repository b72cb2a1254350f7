"""The name of an agreement: what is written before `@` and a version, so nothing unseen and no @ is in it."""

import re

import pytest
from pydantic import BaseModel, Field, ValidationError

from libs.access.agreements_api import NAME


class Named(BaseModel):
    name: str = Field(pattern=NAME)


@pytest.mark.parametrize("name", ["2016-03", "协议A", "扶贫小额信贷/2016", "a_b"])
def test_a_name_people_write(name: str) -> None:
    assert Named(name=name).name == name
    assert re.search(NAME, name)


@pytest.mark.parametrize(
    "mark", ["@", " ", "\n", "\x0e", "\x85", "\u00a0", "\u200b", "\u202e", "\u2066", "\u3000", "\ufeff"]
)
def test_no_at_no_blank_and_nothing_unseen(mark: str) -> None:
    assert not re.search(NAME, f"2016{mark}03")
    with pytest.raises(ValidationError):
        Named(name=f"2016{mark}03")
