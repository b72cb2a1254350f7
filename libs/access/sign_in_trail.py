"""How a sign-in, and what belongs to it, stands in the audit trail: one action, and a code for how it ended."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from libs.audit.entry import Entry, Outcome

_WELL: Final = frozenset(
    {
        "signed_in",
        "password_changed",
        "must_change",
        "recovery_code",
        "token_given",
        "factor_confirmed",
        "factor_removed",
        "factor_reset",
        "factor_begun",
        "factor_tried",
        "codes_renewed",
        "signed_out",
        "session_ended",
    }
)


@dataclass(frozen=True, slots=True)
class Whose:
    """The account or client that signs in: auditors find the entry by its unit."""

    id: UUID
    role: str
    unit: str


def sign_in_entry(code: str, whose: Whose | None, address: str, *, kind: str = "account", **detail: str) -> Entry:
    """By the own hand of whose it is; an unknown user name is not kept: people type their password there."""
    outcome: Outcome = "success" if code in _WELL else "failed"
    where = address[:64]
    if whose is None:
        return Entry("sign_in", outcome, kind, None, address=where, code=code, detail=detail)
    named = str(whose.id)
    if code == "factor_reset":  # an administrator's act, so actor and role are his
        return Entry("sign_in", outcome, kind, named, unit=whose.unit, address=where, code=code)
    who = {"actor": named, "role": whose.role, "unit": whose.unit}
    return Entry("sign_in", outcome, kind, named, **who, address=where, code=code, detail=detail)
