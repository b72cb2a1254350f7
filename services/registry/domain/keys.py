"""Ids that follow from what a thing is, so that a repeated import meets its own streams. Women get fresh ids."""

from datetime import date
from uuid import UUID, uuid5

NAMESPACE = UUID("8c1f7a52-6f0e-5d6b-9a37-2b9d0c4e7f10")


def division_key(parent: str) -> UUID:
    """The list of divisions under a county (or from the nation down to counties)."""
    return uuid5(NAMESPACE, f"divisions:{parent}")


def import_id(unit: str, digest: str, as_of: date | None, mapping: str, *claims: str) -> UUID:
    """The same file of the same unit, read the same way and claiming the same, is the same import."""
    return uuid5(NAMESPACE, "\x1f".join(("import", unit, digest, str(as_of or ""), mapping, *claims)))


def exit_key(woman_id: UUID, valid: str) -> UUID:
    """The exit of a woman that an office reported for a date: what her return names."""
    return uuid5(NAMESPACE, f"exit:{woman_id}:{valid}")


def exit_process_id(household_id: UUID, ordinal: int) -> UUID:
    """The `ordinal`-th exit that was proposed for a household, from 1."""
    return uuid5(NAMESPACE, f"exit-process:{household_id}:{ordinal}")


def exit_timer_id(process_id: UUID, what: str) -> UUID:
    """The timer of a process: of its `notice`, or of its `aftercare`."""
    return uuid5(process_id, what)


def pair_id(one: UUID, other: UUID) -> UUID:
    """Two records in whatever order are one pair."""
    first, second = sorted((one, other))
    return uuid5(NAMESPACE, f"pair:{first}:{second}")


def rights_key(woman_id: UUID) -> UUID:
    """The stream of a woman's rights, beside her record."""
    return uuid5(NAMESPACE, f"rights:{woman_id}")


def notice_key(division: str, purpose: str, version: str, on: date) -> UUID:
    """A notice that hung in a unit on a day."""
    return uuid5(NAMESPACE, f"notice:{division}:{purpose}:{version}:{on}")


def retention_key(import_id: UUID) -> UUID:
    """The stream that tells when the kept files of an import were destroyed."""
    return uuid5(NAMESPACE, f"retention:{import_id}")


def change_key(change_id: str) -> UUID:
    """A change of divisions by the id under which its list names it."""
    return uuid5(NAMESPACE, f"division-change:{change_id}")


def incomes_id(household_id: UUID) -> UUID:
    """The stream of a household's income assessments."""
    return uuid5(NAMESPACE, f"incomes:{household_id}")


def needs_id(woman_id: UUID) -> UUID:
    """The stream of a woman's needs assessments."""
    return uuid5(NAMESPACE, f"needs:{woman_id}")
