"""Households of the register, lists of divisions and imports."""

from libs.events.testing import given
from services.registry.domain.division_list import DivisionsListed, Line, ListDivisions, division_list
from services.registry.domain.household import (
    EraseContact,
    HouseholdChanged,
    HouseholdContactErased,
    HouseholdRegistered,
    TakeEntry,
    household,
)
from services.registry.domain.register_import import (
    FinishImport,
    RegisterImportFinished,
    RegisterImportStarted,
    StartImport,
    register_import,
)
from services.registry.domain.words import personal
from tests.unit.registry.samples import END_2016, END_2017, HOUSEHOLD, IMPORT, household_facts

CONTACT = {"code": "0003451218", "hamlet": "二组", "phone": "15400000000"}
KNOWN = HouseholdRegistered(HOUSEHOLD, household_facts(), END_2016, IMPORT, personal(HOUSEHOLD, CONTACT))
COUNTY = Line("522634000000", "雷山县", "county", "522600000000")
OTHER_COUNTY = Line("522601000000", "凯里市", "county", "522600000000")
START = StartImport(IMPORT, "522634000000", "ab", "2016-2018", END_2016, 10)
STARTED = RegisterImportStarted(IMPORT, "522634000000", "ab", "2016-2018", END_2016, 10)


def test_a_household_is_registered_once() -> None:
    entry = TakeEntry(HOUSEHOLD, household_facts(), CONTACT, END_2016, IMPORT)
    given(household).when(entry).then(KNOWN)
    given(household, KNOWN).when(entry).then_nothing()


def test_only_what_changed_of_a_household_is_said() -> None:
    facts = household_facts(persons=3)
    given(household, KNOWN).when(
        TakeEntry(HOUSEHOLD, facts, {**CONTACT, "phone": "15411111111"}, END_2017, IMPORT)
    ).then(
        HouseholdChanged(
            HOUSEHOLD,
            facts,
            END_2017,
            IMPORT,
            ("persons", "phone", "as_of"),
            personal(HOUSEHOLD, {"phone": "15411111111"}),
        )
    )


def test_an_older_register_never_overwrites_a_household() -> None:
    newer = HouseholdChanged(HOUSEHOLD, household_facts(persons=3), END_2017, IMPORT, ("persons", "as_of"))
    given(household, KNOWN, newer).when(
        TakeEntry(HOUSEHOLD, household_facts(), CONTACT, END_2016, IMPORT)
    ).then_nothing()


def test_erased_contact_data_never_come_back() -> None:
    gone = HouseholdContactErased(HOUSEHOLD)
    given(household).when(EraseContact(HOUSEHOLD)).then_nothing()
    given(household, KNOWN).when(EraseContact(HOUSEHOLD)).then(gone)
    given(household, KNOWN, gone).when(EraseContact(HOUSEHOLD)).then_nothing()
    given(household, KNOWN, gone).when(
        TakeEntry(HOUSEHOLD, household_facts(), CONTACT, END_2016, IMPORT)
    ).then_nothing()


def test_a_list_of_divisions_grows_and_the_same_list_says_nothing() -> None:
    nation = "000000000000"
    first = DivisionsListed(nation, "2016-07", (COUNTY,))
    given(division_list).when(ListDivisions(nation, "2016-07", (COUNTY,))).then(first)
    given(division_list, first).when(ListDivisions(nation, "2016-07", (COUNTY,))).then_nothing()
    given(division_list, first).when(ListDivisions(nation, "2017-07", (OTHER_COUNTY,))).then(
        DivisionsListed(nation, "2017-07", (OTHER_COUNTY, COUNTY))
    )


def test_an_import_starts_once_and_finishes_once_however_often_the_file_comes() -> None:
    finished = RegisterImportFinished(IMPORT, {"rows": 1})
    given(register_import).when(START).then(STARTED)
    given(register_import, STARTED).when(START).then_nothing()
    given(register_import).when(FinishImport(IMPORT, {"rows": 1})).then_nothing()
    given(register_import, STARTED).when(FinishImport(IMPORT, {"rows": 1})).then(finished)
    given(register_import, STARTED, finished).when(START).then_nothing()
    given(register_import, STARTED, finished).when(FinishImport(IMPORT, {"rows": 2})).then_nothing()
