"""Certificates of a course, and who passed one and has none yet; numbers stay sealed."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing, before
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool
from libs.values.division import Division
from services.training.domain.certificate import CertificateIssued, CertificateWithdrawn
from services.training.domain.enrolment import AttendanceRecorded, EnrolmentWithdrawn
from services.training.policies import PASSED_RESULTS
from services.training.projections.women import RECORDS

HANDLES = (AttendanceRecorded, EnrolmentWithdrawn, CertificateIssued, CertificateWithdrawn)

KEEP_PASSED: Final = """
INSERT INTO passed_enrolments (enrolment_id, course_id, woman_id, last_day, numbered) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (enrolment_id) DO UPDATE SET last_day = excluded.last_day, numbered = excluded.numbered
"""
DROP_PASSED: Final = "DELETE FROM passed_enrolments WHERE enrolment_id = $1"
ISSUE: Final = """
INSERT INTO certificates (certificate_id, enrolment_id, course_id, woman_id, kind, issuer, issued_on, number, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (certificate_id, enrolment_id) DO UPDATE SET kind = excluded.kind, issuer = excluded.issuer,
    issued_on = excluded.issued_on, number = excluded.number, withdrawn = false, version = excluded.version
"""
WITHDRAW: Final = "UPDATE certificates SET withdrawn = true WHERE certificate_id = $1 AND NOT withdrawn"

# By village, then by the course's last day. A woman stands here once a course, under the id she is known by; a
# certificate of any of her records counts. Who has left, is erased or may not be processed, is left out.
DUE: Final = f"""
SELECT w.division, p.last_day, p.enrolment_id, w.woman_id, p.course_id, k.title AS course_title
FROM women w
CROSS JOIN LATERAL (
    {RECORDS}
    SELECT DISTINCT ON (of_one.course_id) of_one.* FROM records r, LATERAL (
        SELECT e.*, e.numbered OR EXISTS (SELECT FROM certificates c
                                         WHERE c.enrolment_id = e.enrolment_id AND NOT c.withdrawn) AS certified
        FROM passed_enrolments e WHERE e.woman_id = r.id OFFSET 0
    ) of_one
    ORDER BY of_one.course_id, of_one.certified DESC, of_one.enrolment_id
) p
JOIN courses k ON k.course_id = p.course_id
WHERE w.division BETWEEN $1 AND $2 AND NOT w.erased AND NOT w.gone AND NOT w.restricted
  AND NOT EXISTS (SELECT FROM aliases WHERE merged = w.woman_id AND ended IS NULL)
  AND NOT p.certified AND p.last_day <= $3
  AND w.division >= $4 AND (w.division, p.last_day, p.enrolment_id) > ($4, $5, $6)
ORDER BY w.division, p.last_day, p.enrolment_id LIMIT $7
"""  # noqa: S608 - a constant part
_CERTIFICATE: Final = """
SELECT c.certificate_id, c.enrolment_id, c.course_id, c.woman_id AS record_id, w.woman_id, w.division, c.kind, c.issuer,
       c.issued_on, c.number, c.version
FROM certificates c LEFT JOIN canonical_ids a ON a.id = c.woman_id
JOIN women w ON w.woman_id = coalesce(a.canonical, c.woman_id)
WHERE w.division BETWEEN $1 AND $2 AND NOT w.erased AND NOT c.withdrawn
"""
OF_COURSE: Final = f"{_CERTIFICATE} AND c.course_id = $3 AND c.certificate_id > $4 ORDER BY c.certificate_id LIMIT $5"
ONE: Final = f"{_CERTIFICATE} AND c.certificate_id = $3"


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """In the order of the log."""
    for recorded in events:
        match recorded.event:
            case AttendanceRecorded(attendance=said) as event if said.completed and said.result in PASSED_RESULTS:
                numbered = said.certificate_mark is not None
                where = (event.enrolment_id, event.course_id, event.woman_id)
                await tx.execute(KEEP_PASSED, *where, said.last_day, numbered)
            case AttendanceRecorded() | EnrolmentWithdrawn() as event:
                await tx.execute(DROP_PASSED, event.enrolment_id)
            case CertificateIssued() as event:
                await tx.execute(WITHDRAW, event.certificate_id)  # of another course of hers
                await tx.execute(ISSUE, event.certificate_id, *_columns(event), recorded.version)
            case CertificateWithdrawn() as event:
                await tx.execute(WITHDRAW, event.certificate_id)


def _columns(event: CertificateIssued) -> tuple[Any, ...]:
    paper = event.paper
    told = (paper.kind, paper.issuer, paper.issued_on, event.number.sealed)
    return event.enrolment_id, event.course_id, event.woman_id, *told


class Certificates:
    """Queries, each scoped to a division inside the SQL."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    def due(self, division: Division, until: date) -> Listing:
        """Who passed a course that ended by then and has no certificate of it, by village, day and enrolment."""
        scope = division.range()
        return Listing(self._pool, DUE, (*scope, until), (before(scope), date.min, UUID(int=0)))

    def of_course(self, division: Division, course_id: UUID) -> Listing:
        """Certificates of the caller's women in a course, by id."""
        return Listing(self._pool, OF_COURSE, (*division.range(), course_id), (UUID(int=0),))

    async def visible(self, division: Division, certificate_id: UUID) -> bool:
        """Whether it is there and of a woman of the caller's."""
        return await self._pool.fetchrow(ONE, *division.range(), certificate_id) is not None


PROJECTION = Projection("certificates", HANDLES, apply, tables=("certificates", "passed_enrolments"))
