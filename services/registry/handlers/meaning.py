"""Whom a row of a list means: a woman or a household of the importer's units, found by keyed tokens.

Who is registered elsewhere and who is not registered at all get the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import UUID

from libs.events.runtime import Runtime
from libs.rosters.findings import Finding
from services.registry.domain.register import columns as c
from services.registry.handlers import reservations
from services.registry.handlers.former import Borne, borne_by
from services.registry.handlers.reservations import Person
from services.registry.handlers.tokens import code_token, id_token, name_token

NOBODY: Final = "登记册中没有，或不在本单位辖区；由所在单位或上级单位导入"
Sought = Literal["woman", "household"]


@dataclass(frozen=True, slots=True)
class Named:
    """How a row names whom it means; `column` is the header by which it does, the others may be empty."""

    column: str
    resident_id: str = field(default="", repr=False)
    person_code: str = field(default="", repr=False)
    household_code: str = field(default="", repr=False)
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Meant:
    """The id of whom a row means with the village, or why nobody; `skipped`: right, and none of this list's.

    `said`: what is to be told of how she was found.
    """

    subject: UUID | None = None
    division: str = ""
    finding: Finding | None = None
    skipped: bool = False
    said: tuple[Finding, ...] = ()


async def meant_by(
    runtime: Runtime, sought: Sought, scope: tuple[str, str], county: str, rows: Sequence[Named]
) -> list[Meant]:
    """An answer a row, in order. A household is found by its 户编号 or by the id of a member of it, also by one
    that was corrected since.

    A woman is found by her id, her 人编号, or where a row has neither, by a name that only one in the units bears.
    """
    vault, pool = runtime.vault, runtime.pool
    ids = [id_token(vault, row.resident_id) if row.resident_id else b"" for row in rows]
    codes = [code_token(vault, county, row.person_code or row.household_code) if _by_code(row) else b"" for row in rows]
    called = [name_token(vault, row.name) if row.name else b"" for row in rows]
    by_id = await reservations.canonical(pool, await reservations.by_id(pool, _some(ids)))
    former = await reservations.by_former_now(pool, _some(ids))
    by_code = await reservations.canonical(pool, await reservations.by_code(pool, _some(codes)))
    of_codes = await reservations.households(pool, [(county, token) for token in _some(codes)])
    bare = [name for name, row in zip(called, rows, strict=True) if name and not _by_id_or_code(row)]
    bearers: dict[bytes, list[Person]] = {}
    for person in await reservations.by_name(pool, bare, scope) if bare else []:
        if person.name_token is not None and person.survivor_id is None:
            bearers.setdefault(person.name_token, []).append(person)
    found = []
    for row, of_id, code, name in zip(rows, ids, codes, called, strict=True):
        if row.household_code and not (row.resident_id or row.person_code):
            home = of_codes.get((county, code))
            inside = home is not None and scope[0] <= home.division <= scope[1]
            found.append(Meant(home.household_id, home.division) if home and inside else _nobody(row))
        elif row.resident_id or row.person_code:
            borne = borne_by(by_id.get(of_id), former.get(of_id, ()), name or None)
            found.append(_person(row, borne if borne.person else Borne(by_code.get(code)), name, scope, sought))
        else:
            found.append(_bearer(row, bearers.get(name, [])))
    return found


def _person(  # noqa: PLR0911 - one answer a reason
    row: Named, borne: Borne, name: bytes, scope: tuple[str, str], sought: Sought
) -> Meant:
    person, said = borne.person, borne.findings(row.column, row.resident_id)
    if person is None or not scope[0] <= person.division <= scope[1]:
        return _nobody(row)
    if borne.unclear:
        return Meant(finding=said[0])
    if sought == "household":
        return Meant(person.household_id, person.division, said=said)
    if person.erased:
        return Meant(finding=Finding(row.column, "person_erased", "error", "", "该人信息已依法删除，不再登记"))
    if not person.woman:
        return Meant(finding=Finding(row.column, "not_a_woman", "warning", "", "只登记妇女的需求"), skipped=True)
    if name and person.name_token != name:
        return Meant(finding=Finding(c.NAME, "name_differs", "error", row.name, "与登记的姓名不同，请核对编号"))
    return Meant(person.person_id, person.division, said=said)


def _bearer(row: Named, bearers: Sequence[Person]) -> Meant:
    if len(bearers) > 1:
        right = "填写证件号码或人编号"
        return Meant(finding=Finding(c.NAME, "name_of_several", "error", row.name, right))
    return Meant(bearers[0].person_id, bearers[0].division) if bearers else _nobody(row)


def _nobody(row: Named) -> Meant:
    value = row.resident_id or row.person_code or row.household_code or row.name
    return Meant(finding=Finding(row.column, "not_in_unit", "error", value, NOBODY))


def _by_id_or_code(row: Named) -> bool:
    return bool(row.resident_id or row.person_code or row.household_code)


def _by_code(row: Named) -> bool:
    return bool(row.person_code or row.household_code) and not row.resident_id


def _some(tokens: Sequence[bytes]) -> list[bytes]:
    return [token for token in tokens if token]
