"""A correction of her record that she asked for and that was accepted (PIPL art. 46): what may stand in each field."""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, assert_never, get_args
from uuid import UUID

from libs.values import resident_id
from libs.values.errors import Refused
from services.registry.domain.presence import present
from services.registry.domain.rights.words import Field
from services.registry.domain.woman_events import Event, Facts, WomanCorrected
from services.registry.domain.woman_state import State
from services.registry.domain.words import Labour, personal

_PHONE: Final = re.compile(r"[0-9-]{7,20}", re.ASCII)
_LONGEST: Final = 50
_RIGHT: Final[dict[Field, str]] = {
    "name": "姓名，最多50个字",
    "resident_id": "女性的18位身份证号，或20、22位残疾人证号",
    "phone": "7到20位数字，可有短横",
    "relation": "与户主关系，最多50个字",
    "labour": "、".join(get_args(Labour)),
}


@dataclass(frozen=True, slots=True)
class CorrectWoman:
    """Put `value` (as `checked` gives it) into a field; `request_id` says who asked for it and why."""

    woman_id: UUID
    request_id: UUID
    field: Field
    value: str
    on: date


def checked(field: Field, wanted: str, today: date) -> str:
    """What is stored of a wanted value. Raises Refused `rights.wanted_wrong`, which never quotes it."""
    value = wanted.strip()
    match field:
        case "resident_id":
            found = resident_id.read(value, today).value
            good = found is not None and resident_id.sex(found) == "female"
            value = found or ""
        case "phone":
            good = _PHONE.fullmatch(value) is not None
        case "labour":
            good = value in get_args(Labour)
        case "name" | "relation":
            good = 0 < len(value) <= _LONGEST and value.isprintable()
        case _:
            assert_never(field)
    if not good:
        raise Refused(
            "rights.wanted_wrong",
            "更正后的内容不符合该项的填写要求",
            field="wanted",
            rule=_RIGHT[field],
            right=_RIGHT[field],
        )
    return value


def correct(state: State, command: CorrectWoman) -> list[Event]:
    """The record with the field as it is to be. Raises for nobody, a merged and an erased record."""
    known = present(state)
    facts, sealed = _corrected(known.facts, command), {}
    if command.field in ("name", "resident_id", "phone"):
        sealed = personal(command.woman_id, {command.field: command.value})
    changed = (command.field, *(("birth_year",) if facts.birth_year != known.facts.birth_year else ()))
    return [
        WomanCorrected(
            command.woman_id,
            command.request_id,
            facts,
            known.baseline_exit,
            known.as_of,
            changed,
            command.on,
            sealed,
        )
    ]


def _corrected(facts: Facts, command: CorrectWoman) -> Facts:
    match command.field:
        case "resident_id":
            return replace(facts, birth_year=int(command.value[6:10]))
        case "relation":
            return replace(facts, relation=command.value)
        case "labour":
            labour: Labour = command.value  # type: ignore[assignment]
            return replace(facts, labour=labour)
        case _:
            return facts
