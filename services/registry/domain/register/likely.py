"""Two rows of one file that are likely one person under two ids: told, never refused, for a person must decide."""

from dataclasses import dataclass, field

from libs.rosters.findings import Finding
from libs.values.resident_id import mistake_between
from services.registry.domain.register import columns as c
from services.registry.domain.register.rules import finding
from services.registry.domain.register.values import Draft


@dataclass(frozen=True, slots=True)
class Bearer:
    """What is compared of a row; `village` is None when it is not known."""

    row: int
    resident_id: str = field(repr=False)
    village: str | None


def marks(draft: Draft) -> tuple[str, ...]:
    """What rows of one name share when their ids are one mistake apart (save at a seam): birth date, or all else but
    the check character. None where name or id is missing: missing matches nobody.
    """
    if not draft.name or not draft.resident_id:
        return ()
    written = draft.resident_id
    return f"born {written[6:14]}", f"rest {written[:6]}{written[14:17]}"


def likely(one: Bearer, other: Bearer) -> bool:
    """Of one name and with a mark in common: ids one typing mistake apart, or one birth date and village."""
    if one.resident_id == other.resident_id:
        return False  # said already: id_duplicate
    if mistake_between(one.resident_id, other.resident_id) is not None:
        return True
    same_day = one.resident_id[6:14] == other.resident_id[6:14]
    return same_day and one.village is not None and one.village == other.village


def likely_same(draft: Draft, earlier: int) -> Finding:
    """What the later row is told."""
    return finding(c.ID, "likely_duplicate", draft.resident_id, f"与第{earlier}行疑为同一人")
