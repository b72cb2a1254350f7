"""A ciphertext opens with its person's key, as her data of that class, and in no other way."""

from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from libs.events import sealing
from libs.events.personal import Personal

ONE, TWO = UUID(int=1), UUID(int=2)
KEY = sealing.new_key()
NAME = Personal(ONE, "杨花", "identity")


def test_a_sealed_value_opens_with_its_key() -> None:
    text = sealing.seal(KEY, 1, NAME)
    assert sealing.unseal(KEY, ONE, text) == "杨花"
    assert sealing.key_version(text) == 1
    assert sealing.seal(KEY, 1, NAME) != text, "equal values look different"


def test_a_value_of_another_type_opens_as_json() -> None:
    assert sealing.unseal(KEY, ONE, sealing.seal(KEY, 1, Personal(ONE, {"n": [1]}))) == '{"n":[1]}'


@pytest.mark.parametrize("moved", ["person", "key", "class", "version"])
def test_a_ciphertext_cannot_be_moved(moved: str) -> None:
    text, subject, key = sealing.seal(KEY, 1, NAME), ONE, KEY
    match moved:
        case "person":
            subject = TWO
        case "key":
            key = sealing.new_key()
        case "class":
            text = text.replace("identity", "health")
        case _:
            text = text.replace("1.1.", "1.2.")
    with pytest.raises(InvalidTag):
        sealing.unseal(key, subject, text)


def test_a_ciphertext_of_a_later_suite_is_said_so() -> None:
    with pytest.raises(ValueError, match="unknown suite"):
        sealing.unseal(KEY, ONE, "2.1.identity.AAAA")


def test_a_wrapped_key_belongs_to_one_person() -> None:
    master = sealing.new_key()
    wrapped = sealing.wrap(master, ONE, 1, KEY)
    assert KEY not in wrapped
    assert sealing.unwrap(master, ONE, 1, wrapped) == KEY
    with pytest.raises(InvalidTag):
        sealing.unwrap(master, TWO, 1, wrapped)


def test_a_token_is_equal_for_equal_values_of_one_kind() -> None:
    master = sealing.new_key()
    token = sealing.blind_index(master, "resident_id", "522634198804256703")
    assert len(token) == 32
    assert token == sealing.blind_index(master, "resident_id", "522634198804256703")
    assert token != sealing.blind_index(master, "name", "522634198804256703")
    assert token != sealing.blind_index(sealing.new_key(), "resident_id", "522634198804256703")


def test_a_master_key_has_its_length() -> None:
    with pytest.raises(ValueError, match="needs 32"):
        sealing.check_master(b"short")
