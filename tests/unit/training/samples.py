"""What the tests of training talk about."""

from datetime import date
from uuid import UUID

from services.training.domain.course import Facts
from services.training.domain.enrolment import Attendance

COURSE = UUID("00000000-0000-7000-8000-0000000000c1")
WOMAN = UUID("00000000-0000-7000-8000-0000000000a1")
COUNTY = "522634000000"
TOWNSHIP = "522634102000"

FACTS = Facts(
    unit=COUNTY,
    title="妇女手工刺绣技能培训班",
    trade="苗族刺绣",
    organiser="雷山县妇女联合会",
    first_day=date(2017, 5, 8),
    last_day=date(2017, 5, 17),
    place="丹江镇",
    kind="skills",
    days=10,
)


def attendance(days: int = 10, *, completed: bool = True, mark: str | None = None) -> Attendance:
    return Attendance(days, 10, FACTS.first_day, FACTS.last_day, completed, "合格", mark)
