"""Masks keep enough to recognise and hide enough to find nobody."""

import pytest

from libs.access.masking import mask_name, mask_phone, mask_resident_id, mask_resident_id_for_notice


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("杨芳", "杨*"),
        ("杨秀英", "杨*"),
        ("欧阳秀英", "欧*"),
        ("阿依古丽·买买提", "阿*"),
        ("杨", "*"),
        ("", ""),
        (" 杨芳 ", "杨*"),
    ],
)
def test_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize("number", ["522634199003070026", "52263419900307002612"])
def test_resident_ids(number: str) -> None:
    assert mask_resident_id(number) == "522" + "*" * (len(number) - 7) + number[-4:]
    assert mask_resident_id_for_notice(number) == "52" + "*" * (len(number) - 5) + number[-3:]


def test_phones() -> None:
    assert mask_phone("13985500026") == "139****0026"


@pytest.mark.parametrize("number", ["", "1", "1234567", "1234567890"])
def test_short_values_show_nothing(number: str) -> None:
    assert mask_resident_id(number) == "*" * len(number)
