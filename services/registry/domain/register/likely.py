"""Two rows of one file that are likely one person under two ids: told, never refused, for a person must decide."""

from collections.abc import Iterable

from libs.values.resident_id import mistake_between
from services.registry.domain.register import columns as c
from services.registry.domain.register.rules import finding
from services.registry.domain.register.values import Draft


def check_likely(drafts: Iterable[Draft]) -> None:
    """Same name, and ids one typing mistake apart, or one birth date and village: the later row names the earlier."""
    met: dict[tuple[str, str], list[Draft]] = {}
    for draft in drafts:
        if not draft.name or not draft.resident_id:
            continue  # missing matches nobody
        keys = [(draft.name, part) for part in _parts(draft.resident_id)]
        earlier = next((other for key in keys for other in met.get(key, ()) if _likely(other, draft)), None)
        if earlier is not None:
            right = f"与第{earlier.row}行疑为同一人"
            draft.findings.append(finding(c.ID, "likely_duplicate", draft.resident_id, right))
        for key in keys:
            met.setdefault(key, []).append(draft)


def _parts(resident_id: str) -> tuple[str, str]:
    """Birth date, and all else but the check character: ids one mistake apart share one of them (save at a seam)."""
    return f"born {resident_id[6:14]}", f"rest {resident_id[:6]}{resident_id[14:17]}"


def _likely(one: Draft, other: Draft) -> bool:
    if one.resident_id == other.resident_id:
        return False  # said already: id_duplicate
    if mistake_between(one.resident_id, other.resident_id) is not None:
        return True
    same_day = one.resident_id[6:14] == other.resident_id[6:14]
    return same_day and one.village is not None and one.village == other.village
