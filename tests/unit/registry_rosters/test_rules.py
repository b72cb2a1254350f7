"""Each rule by one changed cell: what is found, and whether the row still goes in."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from libs.rosters.cells import Cell, number_cell, text_cell
from libs.rosters.findings import has_error
from libs.rosters.sheet import Row
from libs.values.division import Division
from services.registry.domain.register import columns as c
from services.registry.domain.register.editions import EDITION_47, EDITION_2021, Edition
from services.registry.domain.register.fields import chinese_number
from services.registry.domain.register.household import MOST
from services.registry.domain.register.rules import RULES
from tests.support.registers import check_register
from tests.unit.registry_rosters.making import (
    CHILD,
    COLUMNS,
    FAMILY,
    FAMILY_2021,
    HEAD,
    LEISHAN,
    PLACES,
    SPOUSE,
    an_id,
    checked,
    circumstances,
    family,
    found,
    rows,
)

Changes = dict[str, Any]
PACKAGE = Path("services/registry/domain/register")


def test_a_good_household_has_nothing_to_say() -> None:
    register = checked(*FAMILY)
    assert found(register) == set()
    assert [len(household.persons) for household in register.households] == [3]


# (member, changed cells, column, rule, right answer)
CASES: list[tuple[int, Changes, str, str, str]] = [
    (0, {"SERIAL": "1"}, c.SERIAL, "serial_text", "1"),
    (0, {"COUNTY": None}, c.COUNTY, "county_empty", ""),
    (0, {"COUNTY": "雷公县"}, c.COUNTY, "county_unknown", ""),
    (0, {"COUNTY": "雷山"}, c.COUNTY, "county_short_name", "雷山县"),
    (0, {"TOWNSHIP": None}, c.TOWNSHIP, "township_empty", ""),
    (0, {"TOWNSHIP": "永安镇"}, c.TOWNSHIP, "township_unknown", ""),
    (0, {"TOWNSHIP": "永乐"}, c.TOWNSHIP, "township_short_name", "永乐镇"),
    (0, {"VILLAGE": None}, c.VILLAGE, "village_empty", ""),
    (0, {"VILLAGE": "没有村"}, c.VILLAGE, "village_unknown", ""),
    (0, {"VILLAGE": "岩寨"}, c.VILLAGE, "village_short_name", "岩寨村"),
    (0, {"VILLAGE": "岩寨村民委员会"}, c.VILLAGE, "village_suffix", "岩寨村"),
    (0, {"VILLAGE": "羊排村"}, c.VILLAGE, "village_other_township", "该村属丹江镇"),
    (0, {"HAMLET": "=1+1"}, c.HAMLET, "formula_text", "只存为文本；导出时转义"),
    (0, {"HAMLET": "五\x07组"}, c.HAMLET, "text_bad_character", ""),
    (0, {"HAMLET": Cell("text", "五组", None, formula=True)}, c.HAMLET, "formula_cell", "五组"),
    (0, {"HAMLET": Cell("text", "五组", None, merged=True)}, c.HAMLET, "merged_cell", "五组"),
    (0, {"HOUSEHOLD": None}, c.HOUSEHOLD, "household_code_empty", ""),
    (0, {"HOUSEHOLD": 3450001}, c.HOUSEHOLD, "household_code_number", "0003450001"),
    (0, {"HOUSEHOLD": Cell("text", "0003450001", None, formula=True)}, c.HOUSEHOLD, "formula_in_identity", ""),
    (0, {"PERSON": None}, c.PERSON, "person_code_empty", ""),
    (1, {"PERSON": "000345000101"}, c.PERSON, "person_code_duplicate", "与第4行相同"),
    (0, {"NAME": None}, c.NAME, "name_empty", ""),
    (0, {"NAME": "  "}, c.NAME, "name_empty", ""),
    (0, {"NAME": "@SUM(1)"}, c.NAME, "formula_text", "只存为文本，绝不计算；姓名须重报"),
    (0, {"NAME": "杨\u202e梅"}, c.NAME, "text_bad_character", ""),
    (0, {"NAME": "梅" * 51}, c.NAME, "name_length", ""),
    (0, {"NAME": "·" + "梅" * 51}, c.NAME, "name_length", ""),
    (0, {"NAME": " 杨梅"}, c.NAME, "name_blanks", "杨梅"),
    (0, {"NAME": "杨 梅"}, c.NAME, "name_inner_space", "杨梅"),
    (0, {"NAME": "杨\u200b梅"}, c.NAME, "name_invisible_char", "杨梅"),
    (0, {"NAME": "阿依·买买提"}, c.NAME, "name_middle_dot", "阿依·买买提"),
    (0, {"NAME": "阿依•买买提"}, c.NAME, "name_middle_dot_variant", "阿依·买买提"),
    (0, {"NAME": "杨𬭎"}, c.NAME, "name_rare_character", "杨𬭎"),
    (0, {"ID": None}, c.ID, "id_empty", ""),
    (0, {"ID": 5.22634197204224e17}, c.ID, "id_number_cell", ""),
    (0, {"ID": Cell("text", an_id(), None, formula=True)}, c.ID, "formula_in_identity", ""),
    (0, {"ID": Cell("text", an_id(), None, merged=True)}, c.ID, "merged_cell", an_id()),
    (0, {"ID": an_id(area="999999")}, c.ID, "id_area_unknown", an_id(area="999999")),
    (0, {"ID": an_id(area="522128")}, c.ID, "id_area_abolished", an_id(area="522128")),
    (2, {"ID": an_id("20170102", 4), "SKILL": "普通劳动力"}, c.ID, "id_birth_after_as_of", ""),
    (1, {"ID": an_id() + "43", "PERSON": "9"}, c.ID, "id_duplicate", "与第4行相同"),
    (1, {"ID": an_id(serial=8), "NAME": "杨梅"}, c.ID, "likely_duplicate", "与第4行疑为同一人"),
    (0, {"SIZE": 4}, c.SIZE, "household_size_mismatch", "3"),
    (0, {"SIZE": "3人"}, c.SIZE, "number_with_unit", "3"),
    (0, {"SIZE": "3"}, c.SIZE, "number_text", "3"),
    (2, {"RELATION": "女儿"}, c.RELATION, "relation_not_in_list", "之女"),
    (2, {"RELATION": "邻居"}, c.RELATION, "relation_not_in_list", ""),
    (2, {"RELATION": "之子"}, c.RELATION, "sex_relation_conflict", "身份证为女，与户主关系为之子"),
    (2, {"RELATION": "户主"}, c.RELATION, "household_two_heads", ""),
    (0, {"RELATION": "其他"}, c.RELATION, "household_no_head", ""),
    (2, {"RELATION": "配偶"}, c.RELATION, "household_two_spouses", ""),
    (1, {"ID": an_id("19780102", 6)}, c.RELATION, "spouse_same_sex", ""),
    (2, {"ID": an_id("19790101", 4), "SKILL": "普通劳动力"}, c.RELATION, "child_older_than_head", ""),
    (0, {"ETHNIC": "苗"}, c.ETHNIC, "ethnic_without_zu", "苗族"),
    (0, {"ETHNIC": None}, c.ETHNIC, "ethnic_empty", ""),
    (0, {"ETHNIC": "火星族"}, c.ETHNIC, "ethnic_not_in_list", ""),
    (0, {"EDUCATION": "文盲"}, c.EDUCATION, "education_alias", "文盲或半文盲"),
    (0, {"EDUCATION": "小 学"}, c.EDUCATION, "education_alias", "小学"),
    (0, {"EDUCATION": "私塾"}, c.EDUCATION, "education_not_in_list", ""),
    (0, {"EDUCATION": None}, c.EDUCATION, "education_empty", ""),
    (2, {"SCHOOL": "初二"}, c.SCHOOL, "school_alias", "八年级"),
    (2, {"SCHOOL": "某校"}, c.SCHOOL, "school_not_in_list", ""),
    (0, {"HEALTH": None}, c.HEALTH, "health_empty", ""),
    (0, {"HEALTH": "很好"}, c.HEALTH, "health_not_in_list", ""),
    (0, {"HEALTH": "残疾,长期慢性病"}, c.HEALTH, "health_order", "长期慢性病,残疾"),
    (0, {"HEALTH": "长期慢性病、残疾"}, c.HEALTH, "health_separator", "长期慢性病,残疾"),
    (1, {"SKILL": "有劳动力"}, c.SKILL, "skill_alias", "普通劳动力"),
    (1, {"SKILL": "很强"}, c.SKILL, "skill_not_in_list", ""),
    (1, {"SKILL": None}, c.SKILL, "skill_empty", ""),
    (1, {"SKILL": "无劳动力"}, c.SKILL, "skill_age_conflict", ""),
    (0, {"SKILL": "丧失劳动力"}, c.WORK, "work_skill_conflict", ""),
    (0, {"WORK": "乡镇内"}, c.WORK, "work_alias", "乡（镇）内"),
    (0, {"WORK": "月球"}, c.WORK, "work_not_in_list", ""),
    (0, {"WORK": None}, c.WORK, "months_without_work", ""),
    (0, {"MONTHS": None}, c.MONTHS, "work_without_months", ""),
    (0, {"MONTHS": 14}, c.MONTHS, "months_out_of_range", ""),
    (0, {"MONTHS": date(2017, 3, 5)}, c.MONTHS, "date_cell", ""),
    (0, {"MONTHS": "八"}, c.MONTHS, "number_chinese", "8"),
    (0, {"MONTHS": "几个月"}, c.MONTHS, "number_unreadable", ""),
    (0, {"MONTHS": Cell("number", "8", 8.0, merged=True)}, c.MONTHS, "merged_cell", "8"),
    (0, {"MONTHS": Cell("text", "８", None, merged=True)}, c.MONTHS, "merged_cell", "8"),
    (0, {"INSURED": "√"}, c.INSURED, "yes_no_mark", "是"),
    (0, {"INSURED": "×"}, c.INSURED, "yes_no_mark", "否"),
    (0, {"SAFE_WATER": None}, c.SAFE_WATER, "yes_no_empty", ""),
    (0, {"WATER_HARDSHIP": "不知道"}, c.WATER_HARDSHIP, "yes_no_unreadable", ""),
    (0, {"STATUS": None}, c.STATUS, "status_empty", ""),
    (0, {"STATUS": "半脱贫"}, c.STATUS, "status_not_in_list", ""),
    (0, {"STATUS": "尚未脱贫"}, c.STATUS, "exit_alias", "未脱贫"),
    (0, {"STATUS": "脱贫"}, c.STATUS, "household_value_conflict", "未脱贫"),
    (0, {"ATTRIBUTE": "低保户"}, c.ATTRIBUTE, "household_value_conflict", "一般贫困户"),
    (0, {"ATTRIBUTE": "五保"}, c.ATTRIBUTE, "attribute_alias", "五保户"),
    (0, {"ATTRIBUTE": None}, c.ATTRIBUTE, "attribute_empty", ""),
    (0, {"ATTRIBUTE": "富户"}, c.ATTRIBUTE, "attribute_not_in_list", ""),
    (0, {"CAUSE": None}, c.CAUSE, "cause_empty", ""),
    (0, {"CAUSE": "因病、因残"}, c.CAUSE, "cause_multiple", "只能填一项"),
    (0, {"CAUSE": "缺劳动力"}, c.CAUSE, "cause_alias", "缺劳力"),
    (0, {"CAUSE": "懒"}, c.CAUSE, "cause_not_in_list", ""),
    (0, {"INCOME": "2,951.99元"}, c.INCOME, "number_thousands_text", "2951.99"),
    (0, {"INCOME": -320.5}, c.INCOME, "number_negative", ""),
    (0, {"INCOME": Cell("number", "2852", 2852.0, formula=True)}, c.INCOME, "formula_cell", "2852"),
    (0, {"INCOME": Cell("error", "#REF!", None, formula=True)}, c.INCOME, "formula_without_value", ""),
    (0, {"PHONE": None}, c.PHONE, "phone_empty", ""),
    (0, {"PHONE": 15412345678}, c.PHONE, "phone_number_cell", "15412345678"),
    (0, {"PHONE": "154-1234-5678"}, c.PHONE, "phone_separators", "15412345678"),
    (0, {"PHONE": "1541234567"}, c.PHONE, "phone_length", ""),
    (0, {"PHONE": "0855-3330000"}, c.PHONE, "phone_landline", ""),
]  # fmt: skip


# (edition, member, changed cells, column, rule, right answer)
MORE: list[tuple[Edition, int, Changes, str, str, str]] = [
    (EDITION_2021, 0, {"DATA_DATE": "20151231"}, c.DATA_DATE, "data_date_differs", "2016-12-31"),
    (EDITION_2021, 0, {"SCHOOL": "小学"}, c.SCHOOL, "education_and_school", ""),
    (EDITION_2021, 2, {"SCHOOL": None}, c.EDUCATION, "education_or_school", ""),
    (EDITION_2021, 0, {"HOUSEHOLD_TYPE": None}, c.HOUSEHOLD_TYPE, "household_type_empty", ""),
    (EDITION_2021, 0, {"HOUSEHOLD_TYPE": "富裕户"}, c.HOUSEHOLD_TYPE, "household_type_not_in_list", ""),
    (EDITION_2021, 0, {"HOUSEHOLD_TYPE": "脱贫户"}, c.HOUSEHOLD_TYPE, "household_type_alias", "一般脱贫户"),
    (EDITION_2021, 0, {"HOUSEHOLD_TYPE": "一般农户", "MONITORING": None}, c.MONITORING, "monitoring_missing", ""),
    (EDITION_2021, 0, {"MONITORING": "别的"}, c.MONITORING, "monitoring_not_in_list", ""),
    (EDITION_2021, 0, {"MONITORING": "边缘户"}, c.MONITORING, "monitoring_alias", "边缘易致贫户"),
    (EDITION_2021, 0, {"MONITORING": "边缘易致贫户"}, c.MONITORING, "monitoring_type_conflict", "一般脱贫户"),
    (EDITION_2021, 0, {"HOUSEHOLD_TYPE": "一般农户"}, c.MONITORING, "monitoring_type_conflict", "一般农户"),
    (EDITION_2021, 0, {"HOUSEHOLD_TYPE": "低保脱贫户"}, c.HOUSEHOLD_TYPE, "household_value_conflict", "一般脱贫户"),
    (EDITION_2021, 0, {"RISK_SINCE": None}, c.RISK_SINCE, "risk_date_missing", ""),
    (EDITION_2021, 0, {"RISK_UNTIL": None}, c.RISK_UNTIL, "risk_date_missing", ""),
    (EDITION_2021, 0, {"RISK_UNTIL": "2015-01-01"}, c.RISK_UNTIL, "risk_date_order", "不早于2015-06-15"),
    (EDITION_2021, 0, {"HOUSEHOLD_SINCE": "前年"}, c.HOUSEHOLD_SINCE, "date_unreadable", "2021-12-31"),
    (EDITION_2021, 0, {"HOUSEHOLD_SINCE": "2014年2月30日"}, c.HOUSEHOLD_SINCE, "date_unreadable", "2021-12-31"),
    (EDITION_2021, 0, {"INSURED": "否"}, c.INSURED, "exited_not_insured", ""),
    (EDITION_47, 0, {"MEDICAL_EMPLOYED": "是"}, c.MEDICAL_EMPLOYED, "insurance_both_alike", ""),
    (EDITION_47, 0, {"MEDICAL_RURAL": "否"}, c.MEDICAL_EMPLOYED, "insurance_both_alike", ""),
    (EDITION_47, 0, {"MANDARIN": None}, c.MANDARIN, "yes_no_empty", ""),
    (EDITION_47, 0, {"PARTY": "民革"}, c.PARTY, "party_not_in_list", ""),
    (EDITION_47, 0, {"PARTY": "党员"}, c.PARTY, "party_alias", "中共党员"),
    (EDITION_47, 0, {"SEX": None}, c.SEX, "sex_empty", ""),
    (EDITION_47, 0, {"SEX": "不详"}, c.SEX, "sex_not_in_list", ""),
    (EDITION_47, 0, {"SEX": "女性"}, c.SEX, "sex_alias", "女"),
    (EDITION_47, 0, {"SEX": "男"}, c.SEX, "sex_conflict", "女"),
    (EDITION_47, 0, {"BORN": "1980-03-08"}, c.BORN, "birth_conflict", "1980-03-07"),
    (EDITION_47, 0, {"CARD_TYPE": None}, c.CARD_TYPE, "card_empty", ""),
    (EDITION_47, 0, {"CARD_TYPE": "护照"}, c.CARD_TYPE, "card_not_in_list", ""),
    (EDITION_47, 0, {"CARD_TYPE": "身份证"}, c.CARD_TYPE, "card_alias", "居民身份证"),
    (EDITION_47, 0, {"WORK_AT": None}, c.WORK_AT, "months_without_work", ""),
    (EDITION_47, 0, {"MONTHS": None}, c.MONTHS, "work_without_months", ""),
    (EDITION_47, 0, {"SKILL": "无劳动力"}, c.WORK_AT, "work_skill_conflict", ""),
    (EDITION_47, 1, {"INDUSTRY": None, "MONTHS": None}, c.INDUSTRY, "no_development_measure", ""),
    (EDITION_47, 0, {"RELATION": "之侄儿"}, c.RELATION, "sex_relation_conflict", "身份证为女，与户主关系为之侄儿"),
]


@pytest.mark.parametrize("edition", [EDITION_2021, EDITION_47], ids=lambda edition: str(edition.name))
def test_a_good_household_of_a_later_edition_has_nothing_to_say(edition: Edition) -> None:
    register = family(edition=edition)
    assert found(register) == set()
    assert {household.status for household in register.households} == {"exited"}


@pytest.mark.parametrize(
    ("edition", "member", "changes", "column", "rule", "right"), MORE, ids=lambda value: str(value)[:40]
)
def test_a_changed_cell_of_a_later_edition_is_answered(
    edition: Edition, member: int, changes: Changes, column: str, rule: str, right: str
) -> None:
    register = family(member, edition, **changes)
    assert (member, column, rule, right) in found(register)
    answer = register.answers[member]
    assert (answer.outcome == "refused") == has_error(answer.findings)


def test_a_watched_household_that_was_never_poor_stands_outside() -> None:
    people = [person | {c.HOUSEHOLD_TYPE: "一般农户", c.MONITORING: "突发严重困难户"} for person in FAMILY_2021]
    (household,) = checked(*people, edition=EDITION_2021).households
    assert (household.status, household.monitoring, household.risk_removed) == ("monitored", "sudden", True)


@pytest.mark.parametrize(("member", "changes", "column", "rule", "right"), CASES, ids=lambda value: str(value)[:40])
def test_a_changed_cell_is_answered(member: int, changes: Changes, column: str, rule: str, right: str) -> None:
    register = family(member, **changes)
    assert (member, column, rule, right) in found(register)
    answer = register.answers[member]
    assert (answer.outcome == "refused") == has_error(answer.findings)
    kept = sum(len(household.persons) for household in register.households)
    assert kept == sum(other.outcome == "accepted" for other in register.answers)


def test_every_rule_that_reading_a_file_can_break_is_tried() -> None:
    tried = {case[3] for case in CASES} | {case[4] for case in MORE}
    of_ids = {rule for rule in RULES if rule.startswith("id_")}
    by_name = {
        "household_too_large", "ragged_row", "county_other", "outside_unit", "household_head_not_first",
        "household_split_blocks", "blank_row", "totals_row", "signature_row", "note_row",
    }  # fmt: skip
    code = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py") if path.name != "rules.py")
    assert {rule for rule in RULES if f'"{rule}"' in code} - of_ids == (tried | by_name) - of_ids
    assert all(rule.source and rule.text for rule in RULES.values())


def test_one_wrong_member_does_not_keep_the_others_out() -> None:
    register = family(0, ID="无")
    (household,) = register.households
    assert [person.relation for person in household.persons] == ["配偶", "之女"]
    assert (household.rows, household.women) == (3, 1)
    assert register.refused[0].household_code == household.code


def family_of(rows: int, code: str) -> list[dict[str, Any]]:
    """A head and her daughters, under one number."""
    born = [f"20{day // 28 // 12:02}{day // 28 % 12 + 1:02}{day % 28 + 1:02}" for day in range(rows - 1)]
    names = [chr(0x4E00 + n) for n in range(rows)]
    head = HEAD | {
        c.HOUSEHOLD: code,
        c.PERSON: f"{code}0",
        c.NAME: f"杨{names[0]}",
        c.SIZE: rows,
        c.ID: an_id(serial=8),
    }
    children = [
        CHILD | {c.HOUSEHOLD: code, c.PERSON: f"{code}{n}", c.ID: an_id(day, 4), c.NAME: f"杨{names[n]}", c.SIZE: rows}
        for n, day in enumerate(born, 1)
    ]
    return [head, *children]


def test_so_many_rows_of_one_number_are_no_household_and_all_others_go_in() -> None:
    last = [person | {c.HOUSEHOLD: "9", c.PERSON: f"9{n}"} for n, person in enumerate(family_of(2, "9"))]
    giant = [person | {c.ID: an_id(f"19{n // 336:02}{n // 28 % 12 + 1:02}{n % 28 + 1:02}", 6)}
             for n, person in enumerate(family_of(MOST + 1, "7"), 336)]  # fmt: skip
    register = checked(*FAMILY, *giant, *last)
    assert [household.code for household in register.households] == [FAMILY[0][c.HOUSEHOLD], "9"]
    assert [answer.row for answer in register.refused] == [4 + 3 + n for n in range(MOST + 1)]
    right = f"该户编号下有{MOST + 1}行，一户最多{MOST}行"
    said = [each for each in found(register) if each[2] == "household_too_large"]
    assert {(each[1], each[3]) for each in said} == {(c.HOUSEHOLD, right)}
    assert len(said) == MOST + 1


def test_as_many_rows_as_a_household_may_have_are_one() -> None:
    (household,) = checked(*family_of(MOST, "7")).households
    assert household.rows == MOST


def test_a_household_without_a_good_row_is_not_made() -> None:
    register = checked(HEAD | {c.NAME: None, c.SIZE: 1})
    assert register.households == ()


def test_a_ragged_row_is_refused() -> None:
    (good, *_) = rows(FAMILY)
    ragged = Row(good.number, "data", good.raw, PLACES, ragged=True)
    register = check_register([ragged, *rows(FAMILY)[1:]], circumstances())
    assert (0, "", "ragged_row", "") in found(register)


def test_rows_that_are_no_people_are_skipped_and_said() -> None:
    kinds = [("blank", ""), ("totals", "合计"), ("signature", "填表人："), ("note", "注：")]
    more = [Row(7 + at, kind, [text_cell(text)], PLACES) for at, (kind, text) in enumerate(kinds)]  # type: ignore[arg-type]
    register = check_register([*rows(FAMILY), *more], circumstances())
    assert [(answer.outcome, answer.findings[0].rule) for answer in register.answers[3:]] == [
        ("skipped", "blank_row"),
        ("skipped", "totals_row"),
        ("skipped", "signature_row"),
        ("skipped", "note_row"),
    ]
    assert register.answers[3].findings[0].column == ""
    assert register.answers[4].findings[0].column == c.SERIAL


def test_the_head_may_stand_later_and_the_household_in_two_blocks() -> None:
    other = HEAD | {c.HOUSEHOLD: "9", c.PERSON: "9", c.ID: an_id(serial=8), c.NAME: "龙仙", c.SIZE: 1}
    register = checked(SPOUSE, other, HEAD, CHILD)
    assert found(register) == {
        (2, c.RELATION, "household_head_not_first", "按户编号归户"),
        (2, c.HOUSEHOLD, "household_split_blocks", "按户编号归户，户内共3人"),
    }
    assert register.households[0].persons[0].relation == "配偶"


def test_a_county_besides_the_one_of_the_file_is_refused_unless_its_places_fit() -> None:
    foreign = HEAD | {
        c.COUNTY: "台江县",
        c.HOUSEHOLD: "9",
        c.PERSON: "9",
        c.ID: an_id(serial=8),
        c.NAME: "龙仙",
        c.SIZE: 1,
    }
    assert (3, c.COUNTY, "county_other", "") in found(checked(*FAMILY, foreign))
    fits = foreign | {c.TOWNSHIP: "施洞镇", c.VILLAGE: "街上村"}
    register = checked(*FAMILY, fits)
    assert found(register) == set()
    assert register.households[1].county == "522630000000"


def test_a_unit_imports_its_own_people_only() -> None:
    mine, other = Division("522634102000"), Division("522634100000")
    assert found(checked(*FAMILY, unit=mine)) == set()
    assert {said[2] for said in found(checked(*FAMILY, unit=other))} >= {"outside_unit"}
    assert found(checked(*FAMILY, unit=LEISHAN)) == set()


def test_a_file_of_unknown_counties_only_is_answered_row_by_row() -> None:
    register = checked(*[person | {c.COUNTY: "某县"} for person in FAMILY])
    assert {said[2] for said in found(register)} == {"county_unknown"}


def test_months_of_zero_beside_no_work_say_nothing() -> None:
    assert found(family(1, MONTHS=0)) == set()


def test_a_formula_result_keeps_the_fen() -> None:
    income = number_cell(2951.9899999999998, formula=True)
    assert family(0, INCOME=income).households[0].income_fen == 295199


def test_unreadable_household_figures_are_taken_from_the_next_member() -> None:
    (household,) = family(0, INCOME="不详", SAFE_WATER=None, PHONE=None).households
    assert (household.income_fen, household.safe_water, household.phone) == (295199, True, "15412345678")


def test_numbers_in_person_codes_get_their_zeros_back() -> None:
    (household,) = family(0, PERSON=345000101).households
    assert household.persons[0].person_code == "000345000101"


@pytest.mark.parametrize(
    ("text", "value"),
    [("两千八百", 2800), ("一万零五十", 10050), ("二〇一六", 2016), ("十", 10), ("三百二十万", 3_200_000), ("八", 8)],
)
def test_chinese_numbers_are_read(text: str, value: int) -> None:
    assert chinese_number(text) == value


def test_a_person_knows_sex_birth_labour_and_school() -> None:
    head, spouse, child = family().households[0].persons
    assert (head.sex, head.birth_date, head.labour, head.in_school, head.head) == (
        "female",
        date(1980, 3, 7),
        "ordinary",
        False,
        True,
    )
    assert (spouse.sex, spouse.work_months) == ("male", None)
    assert (child.labour, child.in_school) == ("none", True)
    assert len(COLUMNS) == 27
