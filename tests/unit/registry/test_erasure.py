"""When a woman's data may be destroyed, and when the law says that they are kept."""

from datetime import date

import pytest

from libs.values.errors import Conflict
from services.registry.domain.erasure import REASONS, SOURCE, Duty, Reason, check
from services.registry.domain.words import Status

TODAY, TOMORROW = date(2018, 3, 1), date(2018, 3, 2)
LAWFUL: list[Reason] = [reason for reason in REASONS if reason != "unlawful"]


@pytest.mark.parametrize("status", ["not_exited", "pre_exit", "returned"])
@pytest.mark.parametrize("reason", LAWFUL)
def test_while_she_is_registered_as_poor_the_lawful_duty_keeps_her_data(status: Status, reason: Reason) -> None:
    with pytest.raises(Conflict, match="registered as poor") as refused:
        check(status, reason, TODAY, Duty())
    assert refused.value.code == "registry.erasure_still_registered"


@pytest.mark.parametrize("reason", REASONS)
def test_after_her_exit_every_reason_of_the_law_is_good(reason: Reason) -> None:
    check("exited", reason, TODAY, Duty())
    check("exited", reason, TODAY, Duty(keep_until=TODAY))
    assert "第四十七条" in SOURCE[reason]


@pytest.mark.parametrize("reason", LAWFUL)
def test_before_the_day_of_an_audit_nothing_is_destroyed(reason: Reason) -> None:
    with pytest.raises(Conflict, match="2018-03-02"):
        check("exited", reason, TODAY, Duty(keep_until=TOMORROW))


@pytest.mark.parametrize("status", ["not_exited", "pre_exit", "returned", "exited"])
def test_what_may_never_have_been_held_is_destroyed_at_any_time(status: Status) -> None:
    check(status, "unlawful", TODAY, Duty(keep_until=TOMORROW))
