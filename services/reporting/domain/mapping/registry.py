"""The registry's contracts in the ledger: who is registered where, exits, returns, merges."""

from libs.events.contracts.registry import (
    DivisionChanged,
    DivisionsListed,
    HouseholdChanged,
    HouseholdDissolved,
    HouseholdRegistered,
    RegisterCodeChanged,
    WomanChanged,
    WomanErased,
    WomanExited,
    WomanKept,
    WomanLeft,
    WomanMerged,
    WomanMissing,
    WomanMonitored,
    WomanRegistered,
    WomanRejoined,
    WomanReturned,
    WomanUnmerged,
)
from services.reporting.domain.mapping.row import (
    Context,
    DropsHousehold,
    Exits,
    HoldsHousehold,
    Leaves,
    ListsDivisions,
    Merges,
    Registers,
    Rejoins,
    Returns,
    Row,
    Unmerges,
)

BOTH = ("merged_id", "survivor_id")

ROWS: tuple[Row, ...] = (
    Row(DivisionsListed, "divisions_listed", ListsDivisions()),
    Row(DivisionChanged, "division_changed", Context("the lists told after it hold the names", public=True)),
    Row(HouseholdRegistered, "household_registered", HoldsHousehold()),
    Row(HouseholdChanged, "household_changed", HoldsHousehold()),
    Row(HouseholdDissolved, "household_dissolved", DropsHousehold()),
    Row(WomanRegistered, "registered", Registers(), women=("woman_id",)),
    Row(WomanChanged, "changed", Registers(), women=("woman_id",)),
    Row(WomanMonitored, "monitored", Registers(outside=True), women=("woman_id",)),
    Row(WomanMissing, "missing", Context("a person decides what absence means"), women=("woman_id",)),
    Row(WomanKept, "kept", Context("she stays as she was"), women=("woman_id",)),
    Row(WomanLeft, "left", Leaves(), women=("woman_id",)),
    Row(WomanRejoined, "rejoined", Rejoins(), women=("woman_id",)),
    Row(RegisterCodeChanged, "code_changed", Context("her id here stays the same"), women=("woman_id",)),
    Row(WomanExited, "exited", Exits(), women=("woman_id",)),
    Row(WomanReturned, "returned", Returns(), women=("woman_id",)),
    Row(WomanMerged, "merged", Merges(), women=BOTH),
    Row(WomanUnmerged, "unmerged", Unmerges(), women=BOTH),
    Row(WomanErased, "erased", Context("her id and her counts stay; no personal data is here"), women=("woman_id",)),
)
