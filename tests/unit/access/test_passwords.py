"""Password rules and one-time passwords."""

import pytest

from libs.access.passwords import Hasher, check_rules, one_time_password
from libs.values.errors import Invalid


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("short", "length"),
        ("x" * 129, "length"),
        ("leishan-2016", "username"),
        ("LEISHAN-2016", "username"),
        ("1234567890", "common"),
        ("Password123!", "common"),
        ("ababababab", "repeated"),
        ("the old password", "same"),
    ],
)
def test_a_weak_password_is_refused_by_its_rule_and_never_quoted(password: str, rule: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_rules(password, username="leishan", old="the old password")
    assert caught.value.rule == rule
    assert password not in caught.value.message


@pytest.mark.parametrize("password", ["苗岭山下有十二个寨子", "correct horse", "Tr0ub4dor&3"])
def test_a_good_password_passes(password: str) -> None:
    check_rules(password, username="leishan")


def test_one_time_passwords_differ_and_keep_the_rules() -> None:
    made = {one_time_password() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        check_rules(password, username="leishan")


async def test_a_password_matches_its_hash_in_any_normal_form() -> None:
    hasher = Hasher()
    stored = await hasher.hash("cafe\u0301 au lait")
    assert await hasher.matches(stored, "caf\u00e9 au lait")
    assert not await hasher.matches(stored, "cafe au lait")
    assert not await hasher.matches(None, "cafe au lait")
    assert not await hasher.matches("no hash", "cafe au lait")
