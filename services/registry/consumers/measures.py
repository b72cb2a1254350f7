"""What other services did for her, as they publish it: how many measures she has had, for the order by need.

A fact is kept under the id it names. A void one stays with `holds` false, so that an older fact told again is known.
"""

from collections.abc import Sequence
from typing import Any, Final

from libs.events.contract import Fact
from libs.events.contracts.training import TrainingAttended, TrainingWithdrawn
from libs.events.service import Consumer
from libs.events.types import Connection

KEEP: Final = """
INSERT INTO woman_measures (woman_id, measure, holds, number, division)
SELECT DISTINCT ON (woman_id, measure) woman_id, measure, holds, number, division
FROM unnest($1::uuid[], $2::text[], $3::bool[], $4::bigint[], $5::text[])
    AS t(woman_id, measure, holds, number, division)
ORDER BY woman_id, measure, number DESC
ON CONFLICT (woman_id, measure) DO UPDATE SET holds = excluded.holds, number = excluded.number,
    division = coalesce(excluded.division, woman_measures.division)
WHERE woman_measures.number < excluded.number
"""


async def apply(tx: Connection, facts: Sequence[Fact[Any]]) -> None:
    """In the consumer's transaction; attendance of at least a day is a measure, as in the reports."""
    await tx.execute(
        KEEP,
        [fact.body.woman_id for fact in facts],
        [f"training:{fact.body.course_id}" for fact in facts],
        [isinstance(fact.body, TrainingAttended) and fact.body.days > 0 for fact in facts],
        [fact.number for fact in facts],
        [getattr(fact.body, "division", None) for fact in facts],
    )


TRAINING = Consumer("registry.training", "training", (TrainingAttended, TrainingWithdrawn), apply)
