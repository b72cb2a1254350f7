"""Divisions in time: the sample changes over the sample list, and random histories that keep what must always hold."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.values.division import Division
from services.registry.domain import division_list as lists
from services.registry.domain.division_change import DivisionChanged, Pair, apply, changed
from services.registry.domain.division_checks import check, errors
from services.registry.domain.division_list import Line, ListDivisions, division_list
from services.registry.domain.division_units import BEGIN, END, Units, Version, successors

COUNTY, OTHER, PREFECTURE = "522634000000", "522630000000", "522600000000"
START = date(2016, 7, 31)


def line(code: str, name: str) -> Line:
    division = Division(code)
    return Line(code, name, division.level, division.parent.code if division.parent else "")


UPPER = [line("000000000000", "全国"), line("520000000000", "贵州省"), line(PREFECTURE, "黔东南州")]
COUNTIES = [line(COUNTY, "雷山县"), line(OTHER, "台江县")]
TOWNSHIPS = [line(f"{c[:6]}{n}00000"[:12], f"{c[4:6]}{n}镇") for c in (COUNTY, OTHER) for n in (1, 2, 3)]
VILLAGES = [line(f"{t.code[:9]}20{n}", f"{t.name}{n}村") for t in TOWNSHIPS for n in (1, 2, 3)]


def listed(*lines: Line, as_of: str = "2016-07") -> Units:
    """The units after one first edition."""
    units = Units()
    [event] = division_list.decide(division_list.initial, ListDivisions("", "2016", lines, as_of))
    lists.apply(units, event)
    return units


def county() -> Units:
    return listed(*UPPER, *COUNTIES, *TOWNSHIPS, *VILLAGES)


def change(kind: str, valid: str, *pairs: tuple[str, str, str, str]) -> DivisionChanged:
    told = tuple(Pair(*pair, Division(pair[0] or pair[2]).level) for pair in pairs)
    return DivisionChanged(f"{kind}-{valid}-{pairs[0][0]}-{pairs[0][2]}", kind, valid, told)  # type: ignore[arg-type]


def happen(units: Units, asked: DivisionChanged, *named: str) -> DivisionChanged:
    """Check and apply a change; what it came to."""
    said = check(units, asked)
    assert not errors(said), said
    event = changed(units, asked, named)
    apply(units, event)
    return event


def now(units: Units, code: str, day: date) -> list[str]:
    found = units.on(code, day)
    assert found is not None
    return sorted(version.code for version in successors(units, found))


def rules(units: Units, asked: DivisionChanged) -> list[str]:
    return [finding.rule for _, finding in check(units, asked) if finding.severity == "error"]


def test_a_transferred_township_takes_along_the_villages_known_under_its_new_code_and_the_others_wait() -> None:
    units = county()
    moved = "522634400000"
    lists.apply(units, _second_list(units, line(f"{moved[:9]}201", "301镇1村")))
    event = happen(
        units,
        change("transfer", "2018-01-01", ("522630100000", "301镇", moved, "301镇")),
    )
    assert [(pair.old_code, pair.new_code) for pair in event.followed] == [("522630100201", "522634400201")]
    assert {left.code for left in event.left} == {"522630100202", "522630100203"}
    assert units.on("522630100202", date(2018, 1, 1)).parent == moved  # type: ignore[union-attr]
    assert now(units, "522630100201", START) == ["522634400201"]
    assert units.on("522630100201", date(2017, 12, 31)).name == "301镇1村"  # type: ignore[union-attr]
    assert units.on("522630100201", date(2018, 1, 1)) is None


def _second_list(units: Units, *more: Line) -> lists.DivisionsListed:
    known = tuple(sorted((*UPPER, *COUNTIES, *TOWNSHIPS, *VILLAGES), key=lambda each: each.code))
    state = lists.Listed(known, "2016-07")
    [event] = division_list.decide(state, ListDivisions("", "2018", more, "2018-10"))
    return event


def test_a_split_leaves_everything_below_to_a_person() -> None:
    units = county()
    old = "522630100000"
    lists.apply(units, _second_list(units, line("522630001201", "301镇1村")))
    event = happen(
        units,
        change("split", "2017", (old, "301镇", "522630001000", "东街道"), (old, "301镇", "522630002000", "西街道")),
    )
    assert event.followed == ()
    assert event.moves == ()
    assert [left.candidates for left in event.left] == [("522630001000", "522630002000")] * 3
    assert now(units, old, START) == ["522630001000", "522630002000"]
    decided = change("recode", "2017", ("522630100201", "301镇1村", "522630002201", "1村"))
    event = happen(units, decided)
    assert event.moves == (("522630100201", "522630002201"),)
    assert set(units.undecided) == {old, "522630100202", "522630100203"}
    assert_each_code_names_one_unit_a_day(units)
    assert now(units, "522630100201", START) == ["522630002201"]


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        (change("recode", "2018", ("522699100000", "无", "522634105000", "无")), "old_code_unknown"),
        (change("recode", "2018", ("522634100000", "341镇", "522634105201", "341镇")), "levels_differ"),
        (change("recode", "2018", ("522634100000", "341镇", "522634200000", "341镇")), "new_code_taken"),
        (change("recode", "2018", ("522634100000", "341镇", "522634100000", "341镇")), "recode_same_code"),
        (change("recode", "2018", ("522634100000", "341镇", "522699100000", "341镇")), "parent_unknown"),
        (change("rename", "2018", ("522634100000", "别镇", "522634100000", "新镇")), "old_name_differs"),
        (change("rename", "2018", ("522634100000", "341镇", "522634105000", "新镇")), "rename_keeps_code"),
        (change("split", "2018", ("522634100000", "341镇", "522634105000", "新镇")), "change_shape"),
        (change("abolish", "2018", ("522634100000", "341镇", "", "")), "units_below"),
        (change("establish", "2018", ("", "", "522634100000", "341镇")), "new_code_taken"),
    ],
)
def test_a_wrong_row_is_refused_by_its_own_rule(asked: DivisionChanged, rule: str) -> None:
    units = county()
    assert rules(units, asked) == [rule]


def test_time_is_one_way_a_unit_changes_once_a_day_and_not_after_its_end() -> None:
    units = county()
    happen(units, change("recode", "2018", ("522634100000", "341镇", "522634105000", "341镇")))
    again = change("recode", "2018", ("522634100000", "341镇", "522634106000", "341镇"))
    assert rules(units, again) == ["two_changes_on_one_day"]
    later = change("recode", "2019", ("522634100000", "341镇", "522634106000", "341镇"))
    assert rules(units, later) == ["ended_before"]
    sooner = change("recode", "2017", ("522634100000", "341镇", "522634106000", "341镇"))
    assert rules(units, sooner) == ["changed_later"]
    before = change("rename", "2017", ("522634105000", "341镇", "522634105000", "新镇"))
    assert rules(units, before) == ["before_it_began"]


def test_on_one_day_an_upper_unit_is_changed_before_those_below_it() -> None:
    village = change("recode", "2018-06-30", ("522634100201", "341镇1村", "522634100209", "341镇1村"))
    township = change("recode", "2018-06-30", ("522634100000", "341镇", "522634105000", "341镇"))
    units = county()
    happen(units, village)
    assert rules(units, township) == ["below_changed_first"]
    named = change("rename", "2018-06-30", ("522634100000", "341镇", "522634100000", "新镇"))
    assert rules(units, named) == []
    units = county()
    happen(units, township)
    assert rules(units, change("recode", "2018-06-30", ("522634100201", "341镇1村", "522634105201", "341镇1村"))) == []


def test_a_later_edition_tells_what_appeared_vanished_or_was_renamed_and_ends_nothing() -> None:
    known = tuple(sorted((*COUNTIES, *TOWNSHIPS, *VILLAGES), key=lambda each: each.code))
    units = listed(*known)
    second = [each for each in VILLAGES if each.code[:9] == "522634100"][:-1]
    second[0] = line(second[0].code, "新名村")
    [event] = division_list.decide(
        lists.Listed(known, "2016-07"),
        ListDivisions(COUNTY, "2018", (*second, line("522634100209", "添村")), "2018-10"),
    )
    assert event.appeared == ("522634100209",)
    assert event.absent == ("522634100203",)
    assert event.renamed == ("522634100201",)
    lists.apply(units, event)
    assert units.on("522634100203", date(2030, 1, 1)) is not None
    assert units.on("522634100209", date(2018, 10, 30)) is None
    assert [each.name for each in units.versions["522634100201"]] == ["341镇1村", "新名村"]
    state = lists.evolve(lists.Listed(known, "2016-07"), event)
    assert division_list.decide(state, ListDivisions(COUNTY, "2016", known, "2016-07")) == []


@dataclass
class World:
    """Units, and by hand what each unit of the start became, and where its people live."""

    units: Units = field(default_factory=county)
    became: dict[str, set[str]] = field(
        default_factory=lambda: {each.code: {each.code} for each in (*TOWNSHIPS, *VILLAGES, *COUNTIES)}
    )
    people: dict[str, int] = field(default_factory=lambda: {each.code: 7 for each in VILLAGES})
    abolished: bool = False

    def step(self, asked: DivisionChanged) -> None:
        if errors(check(self.units, asked)):
            return
        event = changed(self.units, asked)
        apply(self.units, event)
        into: dict[str, set[str]] = {}
        for pair in (*event.pairs, *event.followed):
            into.setdefault(pair.old_code, set()).update({pair.new_code} - {""})
        for origin, codes in self.became.items():
            self.became[origin] = {new for code in codes for new in into.get(code, {code})}
        for old, new in event.moves:
            self.people[new] = self.people.get(new, 0) + self.people.pop(old, 0)
        self.abolished |= event.kind == "abolish"


CODES = [each.code for each in (*TOWNSHIPS, *VILLAGES)]
FRESH = [f"{c[:6]}{n}00000"[:12] for c in (COUNTY, OTHER) for n in (4, 5)]
FRESH += [f"{t[:9]}20{n}" for t in (*FRESH, *(each.code for each in TOWNSHIPS)) for n in (1, 2, 4, 5)]
ANY = st.sampled_from([*CODES, *FRESH])
KIND = st.sampled_from(["rename", "recode", "transfer", "merge", "split", "abolish", "establish"])


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int, list[str], list[str]]]:
    """Kinds of change, days between them, and codes of one level, so that few of them are refused by form alone."""
    steps = []
    for _ in range(draw(st.integers(1, 14))):
        level = draw(st.sampled_from(["township", "village"]))
        codes = st.sampled_from([code for code in (*CODES, *FRESH) if Division(code).level == level])
        fresh = st.sampled_from([code for code in FRESH if Division(code).level == level])
        kind = draw(KIND)
        several = st.lists(codes, min_size=1, max_size=2, unique=True)
        olds = draw(several if kind == "merge" else codes.map(lambda code: [code]))
        many = st.lists(fresh | codes, min_size=2, max_size=3, unique=True)
        news = draw(many if kind == "split" else fresh.map(lambda code: [code]))
        steps.append((kind, draw(st.integers(0, 400)), olds, news))
    return steps


def asked_for(units: Units, kind: str, day: date, olds: Sequence[str], news: Sequence[str]) -> DivisionChanged:
    def name(code: str) -> str:
        found = units.before(code, day)
        return found.name if found else "某"

    pairs = [(old, name(old), new, f"{new[6:]}新") for old in olds for new in news]
    if kind == "rename":
        pairs = [(olds[0], name(olds[0]), olds[0], f"{day:%y%m%d}名")]
    elif kind in ("recode", "transfer"):
        pairs = pairs[:1]
    elif kind == "abolish":
        pairs = [(olds[0], name(olds[0]), "", "")]
    elif kind == "establish":
        pairs = [("", "", news[0], f"{news[0][6:]}新")]
    return change(kind, day.isoformat(), *pairs)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_whatever_happens_units_have_one_life_a_parent_and_an_end_that_is_known(
    history: list[tuple[str, int, list[str], list[str]]],
) -> None:
    world, day, days = World(), START + timedelta(days=1), {START}
    for kind, wait, olds, news in history:
        day += timedelta(days=wait)
        world.step(asked_for(world.units, kind, day, olds, news))
        days |= {day}
    units = world.units
    assert_each_code_names_one_unit_a_day(units)
    for each_day in sorted(days):
        assert_every_unit_has_a_parent(units, each_day)
    for origin, codes in world.became.items():
        first = units.on(origin, START)
        assert first is not None
        found = {version.code for version in successors(units, first)}
        assert found == codes, (origin, found, codes)
        assert found or world.abolished, f"{origin} ended in nothing"
    assert sum(world.people.values()) == 7 * len(VILLAGES)
    for code, count in world.people.items():
        last = units.last(code)
        assert last is not None
        assert last.living or code in units.undecided or not count, f"{code} ended and {count} women were left in it"


def assert_each_code_names_one_unit_a_day(units: Units) -> None:
    for code, versions in units.versions.items():
        for version in versions:
            assert version.since < version.until, (code, versions)
        for one, other in pairwise(versions):
            assert one.until <= other.since, (code, versions)


def assert_every_unit_has_a_parent(units: Units, day: date) -> None:
    living: list[Version] = [v for versions in units.versions.values() for v in versions if v.on(day)]
    for version in living:
        if version.parent:
            assert units.on(version.parent, day) is not None, f"{version} has no parent on {day}"


def test_days_are_half_open_and_a_year_begins_on_its_first_day() -> None:
    units = county()
    happen(units, change("rename", "2017", ("522634100000", "341镇", "522634100000", "新镇")))
    old, new = units.versions["522634100000"]
    assert (old.since, old.until, new.since, new.until) == (BEGIN, date(2017, 1, 1), date(2017, 1, 1), END)
    assert (old.name, new.name, new.known) == ("341镇", "新镇", "year")


def sample_units() -> Units:
    with open("jinguo/demo/data/divisions-guizhou-qiandongnan-2016.csv", encoding="utf-8-sig", newline="") as file:
        return listed(*(line(row["code"], row["name"]) for row in csv.DictReader(file)))


def test_changes_older_than_the_list_give_its_units_their_day_and_name_what_was_before() -> None:
    units = sample_units()
    happen(
        units,
        change(
            "split",
            "2016",
            ("522630100000", "台拱镇", "522630001000", "台拱街道"),
            ("522630100000", "台拱镇", "522630002000", "萃文街道"),
        ),
    )
    happen(units, change("recode", "2016", ("522630200000", "南宫乡", "522630102000", "南宫镇")))
    happen(units, change("rename", "2016", ("522632204000", "三江乡", "522632204000", "三江水族乡")))
    assert now(units, "522630100000", date(2015, 12, 31)) == ["522630001000", "522630002000"]
    assert now(units, "522630200000", date(2015, 12, 31)) == ["522630102000"]
    assert units.on("522632204000", date(2015, 12, 31)).name == "三江乡"  # type: ignore[union-attr]
    assert units.on("522630102000", date(2015, 12, 31)) is None
