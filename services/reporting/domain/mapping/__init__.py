"""Contract → ledger lines, one declarative table per publisher. A new publisher adds its module to `TABLES`."""

from collections.abc import Mapping

from services.reporting.domain.mapping import outreach, registry, training
from services.reporting.domain.mapping.row import MeasureKind, Measures, Outcomes, Row

TABLES: Mapping[str, tuple[Row, ...]] = {
    "registry": registry.ROWS,
    "training": training.ROWS,
    "outreach": outreach.ROWS,
}
BY_TYPE: Mapping[str, Row] = {row.contract.type: row for rows in TABLES.values() for row in rows}
KINDS: Mapping[str, MeasureKind] = {
    row.effect.kind.name: row.effect.kind for row in BY_TYPE.values() if isinstance(row.effect, Measures | Outcomes)
}
MATCHING = frozenset({"development", "relief"})  # classes that make a woman matched; reach and outcome never do
