"""Whether every erasure was finished: a key that is destroyed, and a record that still counts her as readable."""

from libs.events.types import Connection
from libs.events.verifying.check import Check, pages

WOMEN = "SELECT person_id FROM persons WHERE woman AND NOT erased ORDER BY person_id"
ERASED = """
SELECT p.person_id FROM persons p WHERE p.erased AND p.woman
AND NOT EXISTS (SELECT FROM events e WHERE e.stream_id = p.person_id AND e.type = 'woman-erased')
"""
SHREDDED = "SELECT DISTINCT subject_id FROM subject_keys WHERE subject_id = ANY($1) AND shredded_at IS NOT NULL"
ALIVE = "SELECT DISTINCT subject_id FROM subject_keys WHERE subject_id = ANY($1) AND wrapped_key IS NOT NULL"
GONE = "SELECT person_id FROM persons WHERE woman AND erased ORDER BY person_id"
FINISH = "finish it: jinguo subject erase {0}"


async def check_erasures(registry: Connection, keys: Connection) -> Check:
    """A key destroyed and an erasure told belong together; a crash or an older backup may have parted them."""
    check = Check("erasures", "who is erased has no key, who is not has one, and the log tells of it", "women")
    async for page in pages(registry, WOMEN):
        women = [row["person_id"] for row in page]
        gone = {row["subject_id"] for row in await keys.fetch(SHREDDED, women)}
        for woman in women:
            check.expect(woman not in gone, f"{woman}: her key is destroyed; {FINISH.format(woman)}")
    async for page in pages(registry, GONE):
        women = [row["person_id"] for row in page]
        alive = {row["subject_id"] for row in await keys.fetch(ALIVE, women)}
        for woman in women:
            check.expect(woman not in alive, f"{woman}: her key is there still; {FINISH.format(woman)}")
    for row in await registry.fetch(ERASED):
        check.fault(f"{row['person_id']}: her erasure was begun and not told; {FINISH.format(row['person_id'])}")
    return check
