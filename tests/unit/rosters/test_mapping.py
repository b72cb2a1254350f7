"""An office's own headings: what a mapping may say, what is asked of a header that is not found."""

import pickle

import pytest

from libs.rosters.columns import Column, ColumnSet
from libs.rosters.files import open_book
from libs.rosters.mapping import LONGEST_HEADING, MOST_HEADINGS, MOST_PAIRS, checked, given, merged, question
from libs.values.errors import DomainError, Invalid

FORM = ColumnSet(
    "名单",
    (Column("姓名", ("成员姓名",)), Column("证件号码", ("身份证号",)), Column("村"), Column("备注", required=False)),
)
OTHER = ColumnSet("返贫名单", (Column("姓名"), Column("返贫时间")))
FORMS = (FORM, OTHER)


def refused(*pairs: tuple[str, str]) -> Invalid:
    with pytest.raises(Invalid) as error:
        checked(pairs, FORMS)
    return error.value


def test_columns_of_any_form_of_the_kind_may_be_named_once_each() -> None:
    assert checked([("妇女名", "姓名"), ("返贫年月", "返贫时间")], FORMS) == {"妇女名": "姓名", "返贫年月": "返贫时间"}


def test_two_headings_cannot_mean_one_column() -> None:
    error = refused(("妇女名", "姓名"), ("女方姓名", "姓名"))
    assert (error.code, error.value) == ("mapping.column_twice", "姓名")


def test_one_heading_cannot_mean_two_columns_however_it_is_typed() -> None:
    assert refused(("妇女名", "姓名"), ("妇 女名", "村")).code == "mapping.heading_twice"


def test_a_column_that_no_form_has_is_named_with_those_that_are() -> None:
    error = refused(("妇女名", "名字"))
    assert (error.code, error.value) == ("mapping.unknown_column", "名字")
    assert error.right == "姓名、证件号码、村、备注、返贫时间"


@pytest.mark.parametrize("heading", ["", " ", "长" * (LONGEST_HEADING + 1), "妇女\x07名", "\u202e名"])
def test_what_can_be_no_heading_is_refused(heading: str) -> None:
    assert refused((heading, "姓名")).code == "mapping.heading_form"


def test_a_mapping_has_a_limit() -> None:
    wide = ColumnSet("宽", tuple(Column(f"列{n}") for n in range(MOST_PAIRS + 1)))
    pairs = [(f"他{n}", f"列{n}") for n in range(MOST_PAIRS + 1)]
    assert len(checked(pairs[:-1], (wide,))) == MOST_PAIRS
    with pytest.raises(Invalid, match=str(MOST_PAIRS)) as error:
        checked(pairs, (wide,))
    assert error.value.code == "mapping.too_many"


def test_what_an_import_is_given_is_an_object_whose_keys_stand_once() -> None:
    assert given(None, FORMS) is None
    assert given("{}", FORMS) == {}
    assert given('{"妇女名":"姓名"}', FORMS) == {"妇女名": "姓名"}
    for text in ("[]", "1", "{", '{"a":1}', '{"a":{"b":"姓名"}}', "[" * 100_000):
        with pytest.raises(Invalid) as error:
            given(text, FORMS)
        assert error.value.code == "mapping.malformed"
    with pytest.raises(Invalid) as error:
        given('{"妇女名":"姓名","妇女名":"村"}', FORMS)
    assert error.value.code == "mapping.heading_twice"


def test_what_is_chosen_anew_takes_the_place_of_what_was_kept() -> None:
    before = [("妇女名", "姓名"), ("身份", "证件号码"), ("住处", "村")]
    assert merged(before, [("女方", "姓名"), ("住 处", "备注")]) == [
        ("身份", "证件号码"),
        ("女方", "姓名"),
        ("住 处", "备注"),
    ]


def asked_of(*rows: list[str]) -> DomainError:
    content = "\n".join(",".join(row) for row in rows).encode()
    with pytest.raises(DomainError) as error:
        open_book("名单.csv", content, FORMS)
    return error.value


def test_a_header_with_columns_lacking_asks_with_what_is_near_and_chooses_nothing() -> None:
    error = asked_of(["二〇一六年名单"], ["妇女姓名", "身份证号", "村", "序"], ["杨梅", "x", "长乌村", "1"])
    assert error.code == "roster.missing_columns"
    assert error.asks is not None
    form = error.asks["forms"][0]
    assert form["form"] == "名单"
    assert form["headings"] == ["妇女姓名", "序"]
    assert form["columns"] == [
        {"column": "姓名", "required": True, "proposal": "妇女姓名"},
        {"column": "备注", "required": False, "proposal": None},
    ]


def test_a_header_of_nothing_but_own_headings_is_asked_about_and_no_row_of_persons() -> None:
    error = asked_of(
        ["名单", "", ""], ["甲列", "乙列", "丙列"], ["杨梅", "522634199001010026", "长乌村"], ["李", "2", "村子"]
    )
    assert error.code == "roster.no_header"
    assert error.asks is not None
    assert error.asks["forms"][0]["headings"] == ["甲列", "乙列", "丙列"]


def test_what_is_asked_is_bounded_and_holds_no_long_cell() -> None:
    texts = ["姓名", "长" * (LONGEST_HEADING + 1), *(f"列{n}" for n in range(MOST_HEADINGS + 50))]
    headings = question(texts, FORMS)["forms"][0]["headings"]
    assert len(headings) == MOST_HEADINGS
    assert max(map(len, headings)) <= LONGEST_HEADING


def test_a_mapping_that_names_headings_of_other_files_is_no_error() -> None:
    content = "姓名,身份证号,村\n杨梅,x,长乌村\n".encode()
    sheet = open_book("名单.csv", content, FORMS, mapping={"妇女名": "姓名", "返贫年月": "返贫时间"}).sheets[0]
    assert (sheet.form, [cell.name for cell in sheet.columns]) == ("名单", ["姓名", "证件号码", "村"])


def test_what_a_refusal_asks_goes_with_it_to_another_process() -> None:
    error = asked_of(["妇女姓名", "身份证号", "村"])
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.code, str(again), again.right, again.asks) == (
        type(error),
        error.code,
        str(error),
        error.right,
        error.asks,
    )
