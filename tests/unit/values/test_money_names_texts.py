"""Money in fen, names as written, and text without what typing adds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.values import money, names, texts
from libs.values.errors import Invalid


@given(st.integers(-(10**15), 10**15))
def test_fen_and_yuan_turn_into_each_other(fen: int) -> None:
    assert money.fen_of_yuan(money.yuan_of_fen(fen)) == fen


@pytest.mark.parametrize(("yuan", "fen"), [("2951.99", 295199), ("2800", 280000), (0, 0), ("0.5", 50)])
def test_yuan_become_fen_exactly(yuan: str | int, fen: int) -> None:
    assert money.fen_of_yuan(yuan) == fen


@pytest.mark.parametrize(
    "yuan", ["1e4", "10,000", "１００", "壹万", "10000.001", "NaN", "Infinity", "", "92233720368547759"]
)
def test_what_is_no_amount_is_refused(yuan: str) -> None:
    with pytest.raises(Invalid) as refused:
        money.fen_of_yuan(yuan)
    assert refused.value.code == "money.bad_amount"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" 唐秀兰  ", "唐秀兰"),
        ("金\u3000雷", "金雷"),
        ("古丽仙．吐尔逊", "古丽仙·吐尔逊"),
        ("杨\u200b梅", "杨梅"),
        ("杨𬭎", "杨𬭎"),
    ],
)
def test_a_name_is_kept_without_what_typing_adds(written: str, kept: str) -> None:
    assert names.normalised(written) == kept
    assert names.normalised(kept) == kept


def test_rare_characters_are_recognised() -> None:
    assert names.rare_characters("余㛃")
    assert names.rare_characters("𠮷")
    assert not names.rare_characters("阿依努尔·买买提")


def test_names_that_sound_alike_are_found() -> None:
    assert names.sounds_like("王翠绣", "王翠秀")
    assert names.sounds_like("李秀瑛", "李秀英")
    assert not names.sounds_like("杨凤兰", "杨凤莲")


def test_folding_is_for_comparing_only() -> None:
    assert texts.folded("与户主\n关系 ") == "与户主关系"
    assert texts.folded("务工时间（月）") == texts.folded("务工时间(月)")


def test_control_and_direction_characters_are_seen() -> None:
    assert texts.control_characters("杨\u202e兰")
    assert texts.control_characters("杨\x00")
    assert not texts.control_characters("杨秀兰")


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@A1", "\t=1", "＝1", "\n=1"])
def test_text_that_a_spreadsheet_would_run_is_made_inert(text: str) -> None:
    assert texts.inert(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "杨秀兰", "1=1", None, -3, 0])
def test_what_no_spreadsheet_runs_stays(value: object) -> None:
    assert texts.inert(value) is value
