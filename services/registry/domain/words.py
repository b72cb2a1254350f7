"""The words that women and households share: labour ability, state of poverty, and fields sealed per person.

`monitored` is no state of registered poverty: a 一般农户 that is watched (监测对象), outside the register's sums.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias
from uuid import UUID

from libs.events.personal import Personal

Labour: TypeAlias = Literal["ordinary", "skilled", "weak", "lost", "none", "unknown"]
Status: TypeAlias = Literal["not_exited", "pre_exit", "exited", "returned", "monitored"]
Monitoring: TypeAlias = Literal["unstable", "marginal", "sudden"]
Came: TypeAlias = Literal["identified", "born", "married_in", "moved_in", "correction"]
Left: TypeAlias = Literal["died", "married_out", "moved_out", "deregistered"]
Source: TypeAlias = Literal["register", "poverty_office", "unit", "process"]
Clear: TypeAlias = Mapping[str, str]  # field → value as text; "" = known to be empty
Sealed: TypeAlias = dict[str, Personal[str]]

DATA_CLASSES = {"phone": "contact", "details": "details", "reason": "note", "note": "note", "health": "health"}


def personal(subject: UUID, values: Clear) -> Sealed:
    """Clear values as personal values of one subject, to be sealed by the store."""
    return {field: Personal(subject, value, DATA_CLASSES.get(field, "identity")) for field, value in values.items()}


def differing(known: Mapping[str, Personal[str]], said: Clear) -> dict[str, str]:
    """What is said otherwise than known; `known` must have been opened."""
    return {field: value for field, value in said.items() if (known[field].value if field in known else "") != value}
