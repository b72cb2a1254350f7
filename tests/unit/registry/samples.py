"""Women, households and entries of the registry's unit tests; everybody is invented."""

from datetime import date
from uuid import UUID

from services.registry.domain import household as h
from services.registry.domain import woman as w
from services.registry.domain.keys import exit_key
from services.registry.domain.woman_events import Facts, WomanChanged, WomanExited, WomanRegistered
from services.registry.domain.words import Source, Status, personal

WOMAN = UUID(int=1)
OTHER = UUID(int=2)
HOUSEHOLD = UUID(int=3)
IMPORT = UUID(int=4)
LATER_IMPORT = UUID(int=5)
END_2016 = date(2016, 12, 31)
END_2017 = date(2017, 12, 31)
TODAY = date(2018, 3, 1)
VILLAGE = "522634103201"
CLEAR = {"name": "杨秀英", "resident_id": "522634197402018889", "code": "001", "phone": "15400000000", "details": "{}"}


def facts(status: Status = "not_exited", *, division: str = VILLAGE, household: UUID = HOUSEHOLD) -> Facts:
    return Facts(household, division, 1974, "ordinary", False, status, True, "户主")


def entry(status: Status = "not_exited", as_of: date = END_2016, *, woman: UUID = WOMAN, **changes: str) -> w.TakeEntry:
    return w.TakeEntry(woman, facts(status), {**CLEAR, **changes}, as_of, IMPORT)


def registered(status: Status = "not_exited", as_of: date = END_2016, *, woman: UUID = WOMAN) -> WomanRegistered:
    return WomanRegistered(woman, facts(status), status == "exited", as_of, IMPORT, personal(woman, CLEAR))


def changed(status: Status, as_of: date, *names: str, baseline: bool = False, **values: str) -> WomanChanged:
    return WomanChanged(WOMAN, facts(status), baseline, as_of, IMPORT, names, personal(WOMAN, values))


def exited(valid: str, source: Source = "register") -> WomanExited:
    told = personal(WOMAN, {"reason": ""}) if source == "poverty_office" else {}
    return WomanExited(WOMAN, HOUSEHOLD, valid, source, told, exit_key(WOMAN, valid))


def household_facts(**changes: object) -> h.Facts:
    values: dict[str, object] = {
        "division": VILLAGE,
        "persons": 2,
        "women": 1,
        "status": "not_exited",
        "attribute": "一般贫困户",
        "main_cause": "缺技术",
        "income_fen": 285_500,
        "members": (h.Member("配偶", 1970, "male"),),
    }
    return h.Facts(**{**values, **changes})  # type: ignore[arg-type]
