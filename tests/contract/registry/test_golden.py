"""One golden file per event type and version, kept for ever: old logs and old subscribers must stay readable."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.events.contract import Contract
from libs.events.contracts import registry as contracts
from libs.events.meta import Meta
from libs.events.personal import Personal
from libs.events.store import Recorded
from services.registry.domain import division_change, division_list, household, pair_events, register_import
from services.registry.domain import woman_events as e
from services.registry.domain.codec import codec
from services.registry.domain.exits import events as x
from services.registry.domain.incomes.assessing import HouseholdIncomeAssessed
from services.registry.domain.incomes.formula import Income, Transfers
from services.registry.domain.keys import exit_key
from services.registry.domain.likeness import Found
from services.registry.domain.needs.assessing import Needs, WomanNeedsAssessed
from services.registry.domain.retention import FilesDestroyed
from services.registry.domain.rights import events as r
from services.registry.publishing import publish

GOLDEN = Path(__file__).parent / "golden"
WOMAN, OTHER, HOUSEHOLD, IMPORT = (UUID(int=number) for number in (1, 2, 3, 4))
COUNTY, VILLAGE = "522634000000", "522634103201"
END_2016, DAY = date(2016, 12, 31), date(2016, 12, 5)
PROCESS = UUID(int=11)
FACTS = e.Facts(HOUSEHOLD, VILLAGE, 1974, "ordinary", False, "not_exited", True, "户主")
HOUSE = household.Facts(
    VILLAGE, 2, 1, "not_exited", "一般贫困户", "缺技术", 285_500, (household.Member("配偶", 1970, "male"),)
)
PAIR = UUID(int=5)
FOUND = Found(("same_name", "id_one_digit", "same_county"), 80, "strong", "2016-1", "ab12")
LINES = (division_list.Line("522634103000", "望丰乡", "township", COUNTY),)


def sealed(subject: UUID, *fields: str) -> dict[str, Personal[str]]:
    return {name: Personal(subject, None, "identity", "1.1.identity.AAAA") for name in fields}


def noted(*fields: str) -> dict[str, Personal[str]]:
    return {name: Personal(HOUSEHOLD, None, "note", "1.1.note.AAAA") for name in fields}


EVENTS: dict[str, Any] = {
    "divisions-listed": division_list.DivisionsListed(COUNTY, "2016-07", LINES),
    "division-changed": division_change.DivisionChanged(
        "C12",
        "transfer",
        "2019-01-01",
        (division_change.Pair("522630104000", "方召镇", "522634105000", "方召镇", "township"),),
        (division_change.Pair("522630104201", "方召村", "522634105201", "方召村", "village"),),
        (division_change.Left("522630104202", "522634105000", ("522634105000",)),),
    ),
    "household-registered": household.HouseholdRegistered(
        HOUSEHOLD, HOUSE, END_2016, IMPORT, sealed(HOUSEHOLD, "code", "hamlet", "phone", "details")
    ),
    "household-recoded": household.HouseholdRecoded(HOUSEHOLD, HOUSE, END_2016, "C12", "2019-01-01"),
    "household-changed": household.HouseholdChanged(
        HOUSEHOLD, HOUSE, END_2016, IMPORT, ("persons", "phone"), sealed(HOUSEHOLD, "phone")
    ),
    "household-income-assessed": HouseholdIncomeAssessed(
        HOUSEHOLD, VILLAGE, 2016, date(2017, 1, 10),
        Income(500_000, 600_000, 0, 30_000, 200_000, 0, Transfers(0, 20_000, 10_000, 0, 0, 0)), 3, 310_000, "form",
    ),
    "woman-needs-assessed": WomanNeedsAssessed(
        WOMAN, VILLAGE, date(2017, 3, 1),
        Needs("缺技术", ("缺资金",), "ordinary", ("handicraft",), True, 3_000_000, 1, 0, "grandparents"), "form",
        sealed(WOMAN, "health", "note"),
    ),
    "household-dissolved": household.HouseholdDissolved(HOUSEHOLD, date(2021, 12, 31), IMPORT),
    "household-contact-erased": household.HouseholdContactErased(HOUSEHOLD),
    "register-import-started": register_import.RegisterImportStarted(
        IMPORT, COUNTY, "ab12", "2016-2018", END_2016, 262_173
    ),
    "register-import-finished": register_import.RegisterImportFinished(IMPORT, {"rows": 2064, "women": 941}),
    "woman-registered": e.WomanRegistered(
        WOMAN, FACTS, False, END_2016, IMPORT, sealed(WOMAN, "name", "resident_id", "code", "phone", "details")
    ),
    "woman-recoded": e.WomanRecoded(WOMAN, FACTS, False, END_2016, "C12", "2019-01-01"),
    "woman-corrected": e.WomanCorrected(
        WOMAN, IMPORT, FACTS, False, END_2016, ("name",), date(2021, 12, 31), sealed(WOMAN, "name")
    ),
    "woman-changed": e.WomanChanged(WOMAN, FACTS, False, END_2016, IMPORT, ("labour", "name"), sealed(WOMAN, "name")),
    "woman-informed": r.WomanInformed(WOMAN, "registration", "2021-11", "in_person", DAY),
    "village-informed": r.VillageInformed(PROCESS, VILLAGE, "registration", "2021-11", DAY),
    "consent-given": r.ConsentGiven(WOMAN, "bank", "2021-11", "herself", DAY, sealed(WOMAN, "evidence")),
    "consent-withdrawn": r.ConsentWithdrawn(WOMAN, "bank", "2021-11", "herself", DAY, sealed(WOMAN, "evidence")),
    "request-made": r.RequestMade(
        WOMAN, OTHER, "correction", "name", "herself", DAY, END_2016, sealed(WOMAN, "now", "wanted", "evidence")
    ),
    "copy-given": r.CopyGiven(WOMAN, OTHER, DAY, sealed(WOMAN, "receiver")),
    "correction-accepted": r.CorrectionAccepted(WOMAN, OTHER, DAY),
    "request-refused": r.RequestRefused(WOMAN, OTHER, DAY, sealed(WOMAN, "reason")),
    "processing-restricted": r.ProcessingRestricted(WOMAN, "accuracy", DAY, sealed(WOMAN, "reason")),
    "restriction-lifted": r.RestrictionLifted(WOMAN, DAY, sealed(WOMAN, "reason")),
    "woman-missing": e.WomanMissing(WOMAN, date(2021, 12, 31), IMPORT),
    "woman-kept": e.WomanKept(WOMAN, date(2022, 3, 1), sealed(WOMAN, "reason")),
    "woman-left": e.WomanLeft(WOMAN, "married_out", "2019", "unit", sealed(WOMAN, "reason")),
    "woman-rejoined": e.WomanRejoined(WOMAN, "married_in", "2020-05", "unit", sealed(WOMAN, "reason")),
    "woman-exited": e.WomanExited(
        WOMAN, HOUSEHOLD, "2017-01-01/2017-12-31", "register", exit_id=exit_key(WOMAN, "2017-01-01/2017-12-31")
    ),
    "woman-returned": e.WomanReturned(WOMAN, HOUSEHOLD, "2017-06", "poverty_office", sealed(WOMAN, "reason")),
    "woman-merged-into": e.WomanMergedInto(OTHER, WOMAN, date(2018, 3, 1)),
    "woman-separated": e.WomanSeparated(OTHER, WOMAN, date(2018, 4, 1)),
    "woman-absorbed": e.WomanAbsorbed(WOMAN, OTHER, date(2018, 3, 1)),
    "woman-released": e.WomanReleased(WOMAN, OTHER, date(2018, 4, 1)),
    "pair-found": pair_events.PairFound(PAIR, WOMAN, OTHER, FOUND),
    "pair-changed": pair_events.PairChanged(PAIR, FOUND),
    "pair-proposed": pair_events.PairProposed(PAIR, "one", COUNTY, pair_events.Answer("same", "one")),
    "pair-decided": pair_events.PairDecided(PAIR, pair_events.Answer("different"), "decision", COUNTY, "ab12"),
    "pair-reopened": pair_events.PairReopened(PAIR, "data_changed", FOUND),
    "pair-closed": pair_events.PairClosed(PAIR, "no_longer_alike"),
    "files-destroyed": FilesDestroyed(IMPORT, ("raw_file",), END_2016, date(2019, 12, 31)),
    "woman-erased": e.WomanErased(WOMAN, "request"),
    "exit-proposed": x.ExitProposed(
        PROCESS, HOUSEHOLD, VILLAGE, 1, 4, (WOMAN, OTHER), DAY, 2016, 320_000, 295_200, ("television",),
        noted("television"),
    ),
    "exit-checked": x.ExitChecked(PROCESS, DAY),
    "household-agreed": x.HouseholdAgreed(PROCESS, DAY),
    "household-declined": x.HouseholdDeclined(PROCESS, DAY, noted("reason")),
    "notice-started": x.NoticeStarted(PROCESS, 1, DAY, END_2016, "县扶贫办〔2016〕12号（2016-01-01起）"),
    "notice-interrupted": x.NoticeInterrupted(PROCESS, 1, DAY, noted("reason")),
    "notice-ended": x.NoticeEnded(PROCESS, 1, END_2016),
    "objection-lodged": x.ObjectionLodged(PROCESS, OTHER, DAY, noted("by", "text")),
    "objection-decided": x.ObjectionDecided(PROCESS, OTHER, DAY, False, noted("reason")),
    "township-checked": x.TownshipChecked(PROCESS, DAY, True),
    "exit-confirmed": x.ExitConfirmed(PROCESS, HOUSEHOLD, DAY, END_2016, False, (WOMAN, OTHER)),
    "exit-closed": x.ExitClosed(PROCESS, END_2016),
    "exit-refused": x.ExitRefused(PROCESS, DAY, "public_salary", "proposed", noted("reason")),
    "exit-withdrawn": x.ExitWithdrawn(PROCESS, DAY, "agreed", noted("reason")),
    "exit-overtaken": x.ExitOvertaken(PROCESS, "office", "noticed"),
    "household-returned": x.HouseholdReturned(PROCESS, "2017-06", "process", noted("reason")),
    "exit-recoded": x.ExitRecoded(PROCESS, "522634111201", "R1", "2018-01-01"),
    "difference-found": x.DifferenceFound(PROCESS, "exited", "2016", "poverty_office", "noticed"),
    "difference-settled": x.DifferenceSettled(PROCESS, DAY, noted("reason")),
    "difference-gone": x.DifferenceGone(PROCESS, "exited", "2016-12-31"),
}  # fmt: skip


def recorded(event: Any) -> Recorded[Any]:
    meta = Meta(actor="t", role="federation", unit=COUNTY, correlation_id=UUID(int=9))
    return Recorded(
        1, WOMAN, 1, UUID(int=8), codec().name_of(type(event)), event, meta, datetime(2018, 3, 1, tzinfo=UTC)
    )


WATCHED = replace(FACTS, status="monitored", monitoring="sudden", risk_removed=False)
ALSO = (
    e.WomanChanged(WOMAN, WATCHED, False, date(2021, 12, 31), IMPORT, ("code", "status"), sealed(WOMAN, "code")),
    household.HouseholdChanged(
        HOUSEHOLD, replace(HOUSE, status="monitored"), date(2021, 12, 31), IMPORT, ("status",), {}
    ),
)
"""What is published otherwise although the event is of the same type."""


def told() -> dict[str, Any]:
    """What the world is told of all events, by contract."""
    return {
        outgoing.body.type: {
            "key": str(outgoing.key),
            "valid": outgoing.valid,
            "data": json.loads(outgoing.body.model_dump_json()),
        }
        for event in (*ALSO, *EVENTS.values())
        for outgoing in publish(recorded(event))
    }


def test_every_event_type_has_a_golden_file() -> None:
    assert set(EVENTS) == set(codec().names)
    files = {path.stem for path in GOLDEN.glob("*.json")}
    assert {f"{name}.v{version}" for name, version in codec().names.items()} <= files


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_written_as_its_golden_file_says(name: str) -> None:
    encoded = codec().dump(EVENTS[name])
    assert json.loads(encoded.data) == json.loads((GOLDEN / f"{name}.v{encoded.version}.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "path", sorted(set(GOLDEN.glob("*.json")) - set(GOLDEN.glob("registry.*.json"))), ids=lambda path: path.stem
)
def test_every_golden_event_is_still_read(path: Path) -> None:
    name, _, version = path.stem.rpartition(".v")
    assert codec().load(name, int(version), json.loads(path.read_text("utf-8"))) == EVENTS[name]


def test_what_is_published_equals_its_golden_file_and_every_contract_has_one() -> None:
    golden = {path.stem: json.loads(path.read_text("utf-8")) for path in GOLDEN.glob("registry.*.json")}
    assert told() == golden
    known = {
        found.type
        for found in vars(contracts).values()
        if isinstance(found, type) and issubclass(found, Contract) and found is not Contract
    }
    assert set(golden) == known


def test_no_event_of_ours_can_be_written_with_personal_data_in_clear() -> None:
    event = e.WomanRegistered(WOMAN, FACTS, False, END_2016, IMPORT, {"name": Personal(WOMAN, "杨秀英")})
    with pytest.raises(ValueError, match="sealed only"):
        codec().dump(event)
    assert "杨秀英" not in codec().dump(event, lambda _personal: "sealed").data
    assert "杨秀英" not in repr(event)
