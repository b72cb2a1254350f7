"""Which edition a file is, which day it speaks of, and what it leaves to the importer."""

from datetime import date
from pathlib import Path

import pytest

from libs.values.errors import DomainError, Invalid
from services.registry.domain.register.areas import AreaCodes
from services.registry.domain.register.editions import EDITION_47, EDITION_2016, EDITION_2021
from services.registry.domain.register.places import KnownDivisions, village_name
from services.registry.rosters import area_codes, as_of, open_register, stated
from tests.unit.registry_rosters.making import COLUMNS, FAMILY, known
from tests.unit.rosters.making import workbook

HEADER = list(COLUMNS)
PERSON = [FAMILY[0][name] for name in COLUMNS]


def register(*above: list[str]) -> bytes:
    return workbook(("表一", [*above, HEADER, PERSON]))


@pytest.mark.parametrize("name", ["register-2021.csv", "register-2021.xls"])
def test_the_edition_of_2021_dates_itself(name: str) -> None:
    file = open_register(name, Path("tests/data") / name)
    assert (file.edition, file.as_of) == (EDITION_2021, date(2021, 12, 31))
    assert stated(file, None) == ""
    with pytest.raises(Invalid) as refused:
        stated(file, "exited")
    assert refused.value.code == "register.status_stated"


def test_the_person_table_of_47_columns_asks_what_its_households_are() -> None:
    header = [column.name for column in EDITION_47.columns.columns]
    person = ["2021" if name == "年度" else "一" for name in header]
    file = open_register("a.xlsx", workbook(("表一", [header, person])))
    assert (file.edition, file.as_of, len(header)) == (EDITION_47, date(2021, 12, 31), 47)
    with pytest.raises(Invalid) as refused:
        stated(file, None)
    assert (refused.value.code, refused.value.right) == ("register.status_unknown", "exited、not_exited、monitored")
    assert stated(file, "monitored") == "监测"


@pytest.mark.parametrize(
    ("above", "day"),
    [
        ([["表"], ["数据截止：2016年12月31日  单位：元"]], date(2016, 12, 31)),
        ([["数据截至2017年6月30日"]], date(2017, 6, 30)),
        ([["雷山县2016年度建档立卡贫困人口信息表"], ["填报时间：2017年3月8日"]], date(2016, 12, 31)),
        ([["截止日期：2016年2月30日"]], None),
        ([["雷山县建档立卡贫困人口信息表"]], None),
        ([["1016年度"]], None),
        ([], None),
    ],
)
def test_the_day_the_data_are_of_stands_above_the_table(above: list[list[str]], day: date | None) -> None:
    assert open_register("a.xlsx", register(*above)).as_of == day


def test_a_day_given_goes_before_the_one_stated_and_one_is_needed() -> None:
    stated, silent = open_register("a.xlsx", register(["2016年度"])), open_register("b.xlsx", register())
    assert as_of(stated, None) == date(2016, 12, 31)
    assert as_of(stated, date(2017, 1, 31)) == as_of(silent, date(2017, 1, 31)) == date(2017, 1, 31)
    with pytest.raises(Invalid) as refused:
        as_of(silent, None)
    assert refused.value.code == "register.as_of_unknown"
    assert "b.xlsx" in refused.value.message


def test_two_tables_in_one_file_are_asked_back() -> None:
    table = [HEADER, PERSON]
    with pytest.raises(DomainError) as refused:
        open_register("a.xlsx", workbook(("丹江镇", table), ("西江镇", table)))
    assert refused.value.code == "register.several_sheets"
    assert "“丹江镇”、“西江镇”" in refused.value.message


def test_a_register_without_its_state_column_names_it() -> None:
    header = [name for name in HEADER if name != "脱贫属性"]
    with pytest.raises(DomainError) as refused:
        open_register("a.xlsx", workbook(("表一", [header])))
    assert refused.value.code == "roster.missing_columns"
    assert "“脱贫属性”" in refused.value.message


def test_columns_that_an_office_leaves_out_are_no_fault_of_the_file() -> None:
    needed = list(EDITION_2016.columns.required)
    file = open_register("a.xlsx", workbook(("表一", [["备注", *needed]])))
    assert file.edition is EDITION_2016


def test_area_codes_know_their_time() -> None:
    codes = area_codes()
    assert codes.state("522634", date(2016, 12, 31)) == "current"
    assert codes.state("522128", date(2016, 12, 31)) == "abolished"
    assert codes.state("522128", date(1990, 1, 1)) == "current"
    assert codes.state("999999", date(2016, 12, 31)) == "unknown"
    assert AreaCodes({}).state("522634", date(2016, 12, 31)) == "unknown"


@pytest.mark.parametrize(
    ("division", "register_name"),
    [
        ("龙塘村委会", "龙塘村"),
        ("龙塘村民委员会", "龙塘村"),
        ("南门社区居民委员会", "南门社区"),
        ("西门居委会", "西门"),
        ("文星社区", "文星社区"),
    ],
)
def test_village_names_lose_their_committee(division: str, register_name: str) -> None:
    assert village_name(division) == register_name


def test_a_short_name_that_two_villages_share_is_not_guessed() -> None:
    assert known().village("522634100000", "响楼") == (None, "", "")
    assert known().village("522634100000", "响楼社区")[0] == "522634100007"
    assert known().village("522634100000", "响楼村")[1] == "响楼村"


def test_communities_are_found_without_county_and_township_before_them() -> None:
    assert known().village("522634100000", "南门社区")[0] == "522634100003"
    assert known().village("522634101000", "西江镇居民委员会")[0] is not None


def test_a_township_without_known_villages_knows_none() -> None:
    divisions = KnownDivisions.of(
        [("522634000000", "雷山县", "county", None), ("522634100000", "丹江镇", "township", "522634000000")]
    )
    assert divisions.village("522634100000", "岩寨村") == (None, "", "")
    assert divisions.name("522634000000") == "雷山县"
    assert divisions.name("1") == "1"
