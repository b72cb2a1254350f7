"""How a sign-in, and what belongs to it, stands in the audit trail: one action, and a code for how it ended."""

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
        "codes_renewed",
        "signed_out",
    }
)


def sign_in_entry(code: str, subject: UUID | None, address: str, *, kind: str = "account") -> Entry:
    """Whose it was, by his own hand; an unknown user name is not kept: people type their password there."""
    named = str(subject) if subject else None
    outcome: Outcome = "success" if code in _WELL else "failed"
    actor = None if code == "factor_reset" else named  # that one is an administrator's act
    return Entry("sign_in", outcome, kind, named, actor=actor, address=address[:64], code=code)
