"""Who keeps the keys of persons: the port, and the one in memory for tests and fakes."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol
from uuid import UUID

from libs.events import sealing
from libs.events.personal import Personal
from libs.values.errors import Refused

KEY_VERSION = 1


class Vault(Protocol):
    """Keys per person. Made and committed before the append that needs them: an orphan key is harmless."""

    async def ensure(self, subjects: Collection[UUID]) -> None:
        """Make missing keys and hold all of them ready for `seal`; an erased person is refused."""

    def seal(self, personal: Personal[Any]) -> str:
        """Ciphertext of one value; needs `ensure` first."""

    async def open_many(self, sealed: Sequence[tuple[UUID, str]]) -> list[str | None]:
        """Values in the same order: text as it is, other types as JSON text; None when erased."""

    async def erase(self, subject: UUID) -> None:
        """Destroy the person's key, for ever; again changes nothing."""

    def token(self, kind: str, value: str) -> bytes:
        """Blind index of a value: 32 bytes, equal for equal values of one kind."""


def erased(subject: UUID) -> Refused:
    """The refusal to write about a person whose key is destroyed."""
    return Refused(
        "personal.erased",
        f"The data of person {subject} were erased; nothing new may be kept under this id.",
        field="subject",
        value=str(subject),
        rule="an erased person stays erased",
        right="register the person anew, under a new id",
    )


def not_ready(subject: UUID) -> LookupError:
    """The programming error of sealing before `ensure`."""
    return LookupError(f"no key of {subject} is at hand: call ensure() before seal()")


class MemoryVault:
    """Keys in memory; the same sealing as the real one."""

    def __init__(self, master_key: bytes = b"\x00" * sealing.KEY_BYTES) -> None:
        """The default master key is for tests."""
        self._master = sealing.check_master(master_key)
        self._keys: dict[UUID, bytes | None] = {}

    async def ensure(self, subjects: Collection[UUID]) -> None:
        """See `Vault.ensure`."""
        for subject in subjects:
            if self._keys.setdefault(subject, sealing.new_key()) is None:
                raise erased(subject)

    def seal(self, personal: Personal[Any]) -> str:
        """See `Vault.seal`."""
        key = self._keys.get(personal.subject)
        if key is None:
            raise not_ready(personal.subject)
        return sealing.seal(key, KEY_VERSION, personal)

    async def open_many(self, sealed: Sequence[tuple[UUID, str]]) -> list[str | None]:
        """See `Vault.open_many`."""
        keys = [(self._keys.get(subject), subject, text) for subject, text in sealed]
        return [None if key is None else sealing.unseal(key, subject, text) for key, subject, text in keys]

    async def erase(self, subject: UUID) -> None:
        """See `Vault.erase`."""
        self._keys[subject] = None

    def token(self, kind: str, value: str) -> bytes:
        """See `Vault.token`."""
        return sealing.blind_index(self._master, kind, value)
