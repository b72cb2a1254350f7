"""The words of people's rights, each with the article of the law (个人信息保护法) that it comes from."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

Purpose: TypeAlias = Literal[
    "registration", "measures", "statistics", "sensitive", "publication", "bank", "health_department", "charity"
]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
Basis: TypeAlias = Literal["lawful_duty", "consent"]
"""Art. 13 (3), 34, 35: lawful duty needs no consent, but she is told; art. 23, 25, 29: consent of its own."""
How: TypeAlias = Literal["in_person", "phone", "form", "posted"]
"""How she was told; `form`: on the form she signed; `posted`: by a notice in her village."""
Told: TypeAlias = Literal["in_person", "phone"]
By: TypeAlias = Literal["herself", "guardian", "agent"]
ConsentBy: TypeAlias = Literal["herself", "guardian"]
"""Art. 31: for a child under 14 a parent or guardian consents."""
Kind: TypeAlias = Literal["access", "correction"]
Field: TypeAlias = Literal["name", "resident_id", "phone", "relation", "labour"]
Outcome: TypeAlias = Literal["copied", "corrected", "refused"]
Ground: TypeAlias = Literal["accuracy", "unlawful", "kept_by_law", "objection"]
"""Art. 46 (she says it is wrong and it is being checked), 47 (held against the law, or may not be deleted yet), 44."""
CHILD: Final = 14


@dataclass(frozen=True, slots=True)
class Text:
    """Which edition of the notice of a purpose holds, and on what the processing rests."""

    purpose: Purpose
    version: str
    basis: Basis
