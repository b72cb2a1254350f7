"""Women as reports count them, versioned by recorded number, and the ledger lines about them."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from libs.events.types import Connection, Record
from libs.values.target_group import TargetGroup
from services.reporting.domain.book import Book, Numbered
from services.reporting.domain.versions import Version
from services.reporting.domain.women import State
from services.reporting.projections import facts as kept
from services.reporting.projections import lines, merges

COLUMNS = (
    "woman_id", "recorded", "until", "household_id", "division", "status", "baseline_exit", "lifted", "birth_year",
    "labour", "in_school", "head", "as_of", "target_group", "measures", "classes",
)  # fmt: skip

HELD = "SELECT * FROM women WHERE woman_id = ANY($1::uuid[]) AND until = 9223372036854775807"

CLOSE = """
UPDATE women w SET until = c.until
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) c(woman_id, recorded, until)
WHERE w.woman_id = c.woman_id AND w.recorded = c.recorded
"""


async def apply(tx: Connection, facts: Sequence[Numbered]) -> None:
    """Fold each fact at its own number; read and write once for the whole batch."""
    about = [fact for fact in facts if fact.row.women]
    if not about:
        return
    named = {woman for fact in about for woman in fact.row.subjects(fact.body)}
    aliases = await merges.aliases(tx, named)
    women = aliases.connected(named)
    entries = await kept.entries(tx, women, before=facts[0].recorded)
    book = Book(aliases, entries, await _held(tx, women), await lines.open_lines(tx, women))
    for fact in about:
        book.take(fact)
    await merges.apply(tx, about)
    await _write(tx, book)


async def _held(tx: Connection, women: Collection[UUID]) -> Mapping[UUID, Version[State]]:
    rows = await tx.fetch(HELD, list(women))
    return {row["woman_id"]: Version(row["recorded"], state(row)) for row in rows}


async def _write(tx: Connection, book: Book) -> None:
    if book.states.closed:
        await tx.execute(CLOSE, *(list(column) for column in zip(*book.states.closed, strict=True)))
    records = [_record(version) for _, version in book.states.opened]
    await tx.copy_records_to_table("women", columns=COLUMNS, records=records)
    await lines.append(tx, book.lines)


def state(row: Record) -> State:
    """A row of `women` as the domain sees it."""
    return State(
        woman_id=row["woman_id"],
        household_id=row["household_id"],
        division=row["division"],
        status=row["status"],
        baseline_exit=row["baseline_exit"],
        lifted=row["lifted"],
        birth_year=row["birth_year"],
        labour=row["labour"],
        in_school=row["in_school"],
        head=row["head"],
        as_of=row["as_of"],
        target_group=TargetGroup(row["target_group"]),
        measures=tuple(row["measures"]),
        classes=tuple(row["classes"]),
    )


def _record(version: Version[State]) -> tuple[object, ...]:
    held = version.value
    return (
        held.woman_id, version.recorded, version.until, held.household_id, held.division, held.status,
        held.baseline_exit, held.lifted, held.birth_year, held.labour, held.in_school, held.head, held.as_of,
        held.target_group.value, held.measures, held.classes,
    )  # fmt: skip
