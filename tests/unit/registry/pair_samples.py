"""Records and pairs of the unit tests of likely duplicates; tokens are made up, everybody is invented."""

from typing import Any
from uuid import UUID

from services.registry.domain import pair as p
from services.registry.domain.likeness import RULES, Found, Record
from services.registry.domain.pair_events import Answer

PAIR, ONE, OTHER = UUID(int=70), UUID(int=1), UUID(int=2)
RULE = RULES[0]
T1, T2, C2 = "522634103000", "522634100000", "522601000000"
FOUND = Found(("same_name", "same_birth_year", "same_village", "same_county"), 70, "medium", "2016-1", "print-1")
MOVED = Found(("same_name", "same_birth_year", "same_county"), 50, "medium", "2016-1", "print-1")
RENAMED = Found(("same_sound", "same_birth_year", "same_county"), 30, "weak", "2016-1", "print-2")
SAME, SAME_OTHER, DIFFERENT = Answer("same", "one"), Answer("same", "other"), Answer("different")
FIND = p.Find(PAIR, ONE, OTHER, FOUND)


def record(person: UUID = ONE, **changes: Any) -> Record:
    values: dict[str, Any] = {
        "person_id": person,
        "id_token": person.bytes,
        "name_token": b"name",
        "sound_token": b"sound",
        "birth_year": 1974,
        "household_id": UUID(int=person.int + 100),
        "division": "522634103201",
    }
    return Record(**{**values, **changes})
