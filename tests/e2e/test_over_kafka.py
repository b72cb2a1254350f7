"""The main job with Kafka between the services: the same figures, and the same read models as over the table."""

import hashlib
from collections.abc import Iterator

import asyncpg
import pytest
from uuid_utils.compat import uuid4, uuid7

from libs.events.runtime import Runtime
from libs.events.vault import MemoryVault
from libs.service.clock import system_clock
from services.reporting.worker import service as reporting
from tests.e2e.figures import AT_ONCE, BY_TOWNSHIP, REGISTER, some
from tests.e2e.product import Product, product
from tests.support.kafka import Broker

# Every read-model table of reporting. Which record comes first between two sources or two keys is not said over Kafka,
# so what counts arrivals is left out: `recorded`, `until`, `seq`, `kept_at`, and `cause`, `reverses_…`, which point at
# them. Versions that were superseded are left out for the same reason: a woman's training may be told before she is.
OPEN = "until = 9223372036854775807"
STATES = {
    "facts": "SELECT event_id, source, log_id, number, type, key, body, meta, at FROM facts",
    "lines": """SELECT subject_kind, subject_id, measure_kind, measure_class, measure_id, phase, need, responsible, due,
                       unit, valid_from, valid_to, quantity_unit, funding, source, event_id, sum(times) AS times,
                       sum(quantity * sign(times)) AS quantity, sum(fen * sign(times)) AS fen
                FROM lines GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 HAVING sum(times) <> 0""",
    "women": f"""SELECT woman_id, household_id, division, status, baseline_exit, lifted, birth_year, labour, in_school,
                        head, as_of, target_group, (SELECT array_agg(m ORDER BY m) FROM unnest(measures) m) AS measures,
                        (SELECT array_agg(c ORDER BY c) FROM unnest(classes) c) AS classes FROM women WHERE {OPEN}""",
    "households": f"SELECT household_id, division, persons, women, status FROM households WHERE {OPEN}",
    "divisions": f"SELECT listing, code, name, level, parent FROM divisions WHERE {OPEN}",
    "merges": f"SELECT merged, survivor FROM merges WHERE {OPEN}",
}


@pytest.fixture(scope="module")
def over_kafka(kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A running product that was told to use Kafka, with the sample county loaded."""
    environment = {"JINGUO_TRANSPORT": "kafka", "JINGUO_KAFKA_BOOTSTRAP": kafka.bootstrap}
    environment["JINGUO_KAFKA_PREFIX"] = f"e2e{uuid4().hex[:8]}."
    with product(tmp_path_factory.mktemp("kafka") / "data") as made:
        made.start(env=environment)
        made.load()
        yield made


def test_the_main_job_reaches_its_figures_over_kafka(over_kafka: Product) -> None:
    report = over_kafka.report()
    assert some(report["total"], REGISTER) == REGISTER
    assert some(report["total"], AT_ONCE) == AT_ONCE
    assert {row["name"]: row["matched"] for row in report["rows"]} == BY_TOWNSHIP


async def test_read_models_over_kafka_and_over_the_table_are_equal(over_kafka: Product) -> None:
    dsn = over_kafka.postgres.dsn
    admin = await asyncpg.connect(dsn())
    await admin.execute("CREATE DATABASE over_table")
    heads = {each.source: await _head(dsn(each.source)) for each in reporting().consumers}
    other = await Runtime.open(reporting(), dsn("over_table"), vault=MemoryVault(), clock=system_clock, ids=uuid7)
    try:
        await other.start({source: dsn(source) for source in heads})
        for source, number in heads.items():
            assert await other.wait_consumed(f"reporting.{source}", number, 60)
    finally:
        await other.stop()
        await admin.close()
    over_table = await _checksums(dsn("over_table"))
    assert await _checksums(dsn("reporting")) == over_table
    assert {name for name, (count, _) in over_table.items() if not count} <= {"merges"}


async def _head(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SELECT coalesce(max(number), 0) FROM published"))
    finally:
        await connection.close()


async def _checksums(dsn: str) -> dict[str, tuple[int, str]]:
    """Rows and hash of each table's state, whatever the order of its rows."""
    connection = await asyncpg.connect(dsn)
    try:
        found = {}
        for name, query in STATES.items():
            rows = sorted(repr(tuple(row)) for row in await connection.fetch(query))
            found[name] = len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()
        return found
    finally:
        await connection.close()
