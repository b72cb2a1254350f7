"""A certificate: a number is one woman's among those of its issuer, and stands for a course she completed."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from libs.events.personal import Personal
from libs.events.testing.given import given
from libs.values.errors import Conflict, Invalid, NotFound, Refused
from services.training.domain.certificate import (
    CertificateIssued,
    CertificateWithdrawn,
    IssueCertificate,
    Paper,
    WithdrawCertificate,
    certificate,
)
from tests.unit.training.samples import COUNTY, COURSE, FACTS, WOMAN

ID, ENROLMENT, OTHER = UUID(int=31), UUID(int=32), UUID(int=33)
PAPER = Paper("training", "雷山县人社局", date(2017, 6, 1))
NUMBER = Personal(WOMAN, "GZ-1", "training")


def issue(**changes: Any) -> IssueCertificate:
    command = IssueCertificate(
        ID, ENROLMENT, COURSE, WOMAN, frozenset({WOMAN}), COUNTY,
        completed=True, first_day=FACTS.first_day, today=date(2017, 12, 1), paper=PAPER, number=NUMBER,
    )  # fmt: skip
    return replace(command, **changes)


ISSUED = CertificateIssued(ID, ENROLMENT, COURSE, WOMAN, COUNTY, PAPER, NUMBER)


def test_a_certificate_is_written_down_once() -> None:
    given(certificate).when(issue()).then(ISSUED)
    given(certificate, ISSUED).when(issue()).then_nothing()


def test_what_stands_on_it_is_corrected_by_writing_it_down_again() -> None:
    corrected = replace(PAPER, kind="vocational")
    given(certificate, ISSUED).when(issue(paper=corrected)).then(replace(ISSUED, paper=corrected))


def test_a_second_woman_with_the_number_is_a_conflict_that_names_nobody() -> None:
    with pytest.raises(Conflict) as refused:
        certificate.decide(certificate.fold([ISSUED]), issue(woman_id=OTHER, hers=frozenset({OTHER})))
    assert refused.value.code == "training.certificate_taken"
    assert str(WOMAN) not in refused.value.message
    assert (refused.value.value, "GZ-1" in refused.value.message) == (None, False)


def test_the_number_of_a_record_merged_into_hers_is_hers() -> None:
    hers = frozenset({WOMAN, OTHER})
    command = issue(woman_id=OTHER, hers=hers, enrolment_id=OTHER)
    given(certificate, ISSUED).when(command).then(replace(ISSUED, woman_id=OTHER, enrolment_id=OTHER))


def test_a_number_taken_back_is_free_again() -> None:
    back = CertificateWithdrawn(ID, ENROLMENT)
    given(certificate, ISSUED).when(WithdrawCertificate(ID)).then(back)
    other = issue(woman_id=OTHER, hers=frozenset({OTHER}))
    given(certificate, ISSUED, back).when(other).then(replace(ISSUED, woman_id=OTHER))
    given(certificate, ISSUED, back).when(WithdrawCertificate(ID)).then_refused(NotFound, "没有这张证书")


def test_who_did_not_complete_the_course_gets_none() -> None:
    given(certificate).when(issue(completed=False)).then_refused(Refused, "没有完成")


@pytest.mark.parametrize("day", [date(2017, 5, 7), date(2017, 12, 2)])
def test_it_is_issued_between_the_first_day_and_today(day: date) -> None:
    given(certificate).when(issue(paper=replace(PAPER, issued_on=day))).then_refused(Invalid, str(day))
