"""Outreach's contracts in the ledger: to be reached by name is counted in 人, 人次 and activities; it never matches."""

from libs.events.contracts.outreach import (
    ActivityCancelled,
    ActivityHeld,
    ActivityPlanned,
    ActivityReported,
    ReachWithdrawn,
    WomanReached,
)
from services.reporting.domain.mapping.row import Context, MeasureKind, Measures, Row, Withdraws

OUTREACH = MeasureKind(
    name="outreach",
    measure_class="reach",
    quantity_unit="session",
    times_name="attendances",
    quantity_name="sessions",
    measures_name="activities",
)

ROWS: tuple[Row, ...] = (
    Row(ActivityPlanned, "activity_planned", Context("nobody is reached by a plan")),
    Row(ActivityHeld, "activity_held", Context("who was reached stands on its list")),
    Row(ActivityReported, "activity_reported", Context("counts in 人次 stand beside 人 and are never added to them")),
    Row(ActivityCancelled, "activity_cancelled", Context("the women on its list are withdrawn by own records")),
    Row(
        WomanReached,
        "reached",
        Measures(
            OUTREACH,
            measure_id="activity_id",
            first="first_day",
            last="last_day",
            quantity="sessions",
            delivered=None,
        ),
        women=("woman_id",),
    ),
    Row(ReachWithdrawn, "reach_withdrawn", Withdraws(OUTREACH, measure_id="activity_id"), women=("woman_id",)),
)
