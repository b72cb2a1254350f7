"""What may happen to a woman of the register, and what a rule refuses."""

from dataclasses import replace
from uuid import UUID

import pytest

from libs.events.testing import given
from libs.values.errors import Conflict, NotFound, Refused
from libs.values.valid_date import ValidDate
from services.registry.domain.woman import EraseWoman, ReportExit, ReportReturn, woman
from services.registry.domain.woman_events import (
    WomanAbsorbed,
    WomanErased,
    WomanExited,
    WomanMergedInto,
    WomanReleased,
    WomanReturned,
    WomanSeparated,
)
from services.registry.domain.words import personal
from tests.unit.registry.samples import (
    END_2016,
    END_2017,
    HOUSEHOLD,
    OTHER,
    TODAY,
    WOMAN,
    changed,
    entry,
    exited,
    registered,
)


def report(text: str) -> ReportExit:
    return ReportExit(WOMAN, ValidDate.parse(text), "poverty_office", "", TODAY)


def back(text: str) -> ReportReturn:
    return ReportReturn(WOMAN, ValidDate.parse(text), "poverty_office", "", TODAY)


def test_a_first_entry_registers_her() -> None:
    given(woman).when(entry()).then(registered())


def test_who_is_out_at_her_first_entry_has_a_baseline_exit_and_no_exit_of_ours() -> None:
    given(woman).when(entry("exited")).then(registered("exited"))


def test_the_same_entry_again_changes_nothing() -> None:
    given(woman, registered()).when(entry()).then_nothing()


def test_only_what_changed_is_said() -> None:
    given(woman, registered()).when(entry(phone="15411111111")).then(
        changed("not_exited", END_2016, "phone", phone="15411111111")
    )


def test_a_newer_register_that_says_the_same_only_moves_the_day() -> None:
    given(woman, registered()).when(entry(as_of=END_2017)).then(changed("not_exited", END_2017, "as_of"))


def test_an_older_register_never_overwrites_a_newer_one() -> None:
    given(woman, registered(as_of=END_2017)).when(entry("exited", END_2016, name="杨秀")).then_nothing()


def test_an_exit_between_two_registers_has_an_interval_as_its_date() -> None:
    given(woman, registered()).when(entry("exited", END_2017)).then(
        changed("exited", END_2017, "status", "as_of"), exited("2017-01-01/2017-12-31")
    )


def test_a_return_between_two_registers_has_an_interval_too() -> None:
    given(woman, registered("exited")).when(entry("returned", END_2017)).then(
        changed("returned", END_2017, "status", "as_of", baseline=True),
        WomanReturned(WOMAN, HOUSEHOLD, "2017-01-01/2017-12-31", "register"),
    )


def test_a_corrected_first_register_corrects_the_baseline_and_lifts_nobody() -> None:
    given(woman, registered()).when(entry("exited")).then(changed("exited", END_2016, "status", baseline=True))


def test_a_corrected_later_register_dates_the_exit_from_the_register_before() -> None:
    history = (registered(), changed("not_exited", END_2017, "as_of"))
    given(woman, *history).when(entry("exited", END_2017)).then(
        changed("exited", END_2017, "status"), exited("2017-01-01/2017-12-31")
    )


def test_an_exit_taken_back_by_a_newer_register_is_a_change_and_no_return() -> None:
    given(woman, registered("exited")).when(entry("not_exited", END_2017)).then(
        changed("not_exited", END_2017, "status", "as_of", baseline=True)
    )


def test_the_poverty_office_reports_an_exit() -> None:
    given(woman, registered()).when(report("2017-06")).then(exited("2017-06", "poverty_office"))


def test_an_exit_reported_since_outlives_an_older_register() -> None:
    history = (registered(), exited("2017-06-30", "poverty_office"))
    given(woman, *history).when(entry(phone="15411111111")).then(
        changed("exited", END_2016, "phone", phone="15411111111")
    )


def test_who_is_out_cannot_exit_again() -> None:
    given(woman, registered("exited")).when(report("2017-06")).then_refused(Conflict, "registry.already_exited")


def test_who_is_not_out_cannot_return() -> None:
    given(woman, registered()).when(back("2017-06")).then_refused(Conflict, "registry.not_exited")


def test_a_return_follows_an_exit() -> None:
    given(woman, registered("exited")).when(back("2017-06")).then(
        WomanReturned(WOMAN, HOUSEHOLD, "2017-06", "poverty_office", personal(WOMAN, {"reason": ""}))
    )


def test_an_exit_before_the_known_state_is_refused_and_names_the_rule() -> None:
    given(woman, registered()).when(report("2015")).then_refused(Refused, "registry.older_than_known")


def test_an_exit_that_has_not_happened_yet_is_refused() -> None:
    given(woman, registered()).when(report("2018")).then_refused(Refused, "registry.in_the_future")


def test_nothing_is_reported_of_a_stranger() -> None:
    given(woman).when(report("2017-06")).then_refused(NotFound)
    given(woman).when(EraseWoman(WOMAN, "request")).then_refused(NotFound)


def test_a_merged_record_takes_no_entries_and_no_reports() -> None:
    merged = WomanMergedInto(WOMAN, OTHER, TODAY)
    given(woman, registered(), merged).when(entry(name="杨秀")).then_nothing()
    given(woman, registered(), merged).when(report("2017-06")).then_refused(Conflict, "registry.merged")


def test_a_separated_record_is_what_it_was() -> None:
    history = (registered(), WomanMergedInto(WOMAN, OTHER, TODAY), WomanSeparated(WOMAN, OTHER, TODAY))
    given(woman, *history).when(entry()).then_nothing()


def test_the_survivor_goes_on_as_she_was() -> None:
    history = (registered(), WomanAbsorbed(WOMAN, OTHER, TODAY), WomanReleased(WOMAN, OTHER, TODAY))
    given(woman, *history).when(entry()).then_nothing()


def test_an_erased_woman_is_erased_once_and_takes_nothing_more() -> None:
    gone = WomanErased(WOMAN, "request")
    given(woman, registered()).when(EraseWoman(WOMAN, "request")).then(gone)
    given(woman, registered(), gone).when(EraseWoman(WOMAN, "request")).then_nothing()
    given(woman, registered(), gone).when(entry()).then_refused(Refused, "registry.erased")
    given(woman, registered(), gone).when(report("2017-06")).then_refused(Refused, "registry.erased")


@pytest.mark.parametrize("status", ["pre_exit", "returned", "not_exited"])
def test_an_exit_from_any_state_of_poverty_is_an_exit(status: str) -> None:
    history = registered(status)  # type: ignore[arg-type]
    given(woman, history).when(report("2017-06-30")).then(exited("2017-06-30", "poverty_office"))


def test_a_return_names_the_exit_that_it_follows_and_none_after_a_baseline_exit() -> None:
    office, process = exited("2017-05", "poverty_office"), UUID(int=77)
    told = personal(WOMAN, {"reason": ""})
    for before in (office, exited("2017-05"), replace(office, source="process", exit_id=process)):
        following = WomanReturned(WOMAN, HOUSEHOLD, "2017-08", "poverty_office", told, before.exit_id)
        given(woman, registered(), before).when(back("2017-08")).then(following)
    none = WomanReturned(WOMAN, HOUSEHOLD, "2017-08", "poverty_office", told, None)
    given(woman, registered("exited")).when(back("2017-08")).then(none)


def test_an_exit_by_process_carries_the_id_of_the_process() -> None:
    command = replace(report("2017-05-03"), source="process", exit_id=UUID(int=77))
    told = personal(WOMAN, {"reason": ""})
    given(woman, registered()).when(command).then(
        WomanExited(WOMAN, HOUSEHOLD, "2017-05-03", "process", told, UUID(int=77))
    )
