"""The registry's contracts in the ledger: who is registered where, exits, returns, merges."""

from libs.events.contracts.registry import (
    DivisionsListed,
    HouseholdChanged,
    HouseholdRegistered,
    WomanChanged,
    WomanErased,
    WomanExited,
    WomanMerged,
    WomanRegistered,
    WomanReturned,
    WomanUnmerged,
)
from services.reporting.domain.mapping.row import (
    Context,
    Exits,
    HoldsHousehold,
    ListsDivisions,
    Merges,
    Registers,
    Returns,
    Row,
    Unmerges,
)

BOTH = ("merged_id", "survivor_id")

ROWS: tuple[Row, ...] = (
    Row(DivisionsListed, "divisions_listed", ListsDivisions()),
    Row(HouseholdRegistered, "household_registered", HoldsHousehold()),
    Row(HouseholdChanged, "household_changed", HoldsHousehold()),
    Row(WomanRegistered, "registered", Registers(), women=("woman_id",)),
    Row(WomanChanged, "changed", Registers(), women=("woman_id",)),
    Row(WomanExited, "exited", Exits(), women=("woman_id",)),
    Row(WomanReturned, "returned", Returns(), women=("woman_id",)),
    Row(WomanMerged, "merged", Merges(), women=BOTH),
    Row(WomanUnmerged, "unmerged", Unmerges(), women=BOTH),
    Row(WomanErased, "erased", Context("her id and her counts stay; no personal data is here"), women=("woman_id",)),
)
