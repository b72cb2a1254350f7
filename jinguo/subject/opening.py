"""JSON of events and rows with a person's own values in clear, and with what belongs to others taken out."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag

from libs.events.sealing import is_sealed
from libs.events.vault import Vault

WITHHELD = "（他人信息，不予提供）"
ERASED = "（已删除）"
_SEALED = re.compile(r"\d+\.\d+\.(\w+)\.[\w=-]+", re.ASCII)
_BYTES = re.compile(r"\\x[0-9a-f]{64,}")


class Opener:
    """Opens what is sealed with one of her keys; everything else that is sealed stays closed."""

    def __init__(self, vault: Vault, hers: Collection[UUID]) -> None:
        """`hers`: the subjects whose keys are hers (records, household, her roster lines)."""
        self._vault = vault
        self._hers = {str(subject) for subject in hers}
        self.readable = 0
        """How many sealed values could be opened so far."""

    def mentions(self, value: Any) -> bool:
        """Whether one of her ids stands in the value."""
        if isinstance(value, Mapping):
            return any(self.mentions(each) for each in value.values())
        if isinstance(value, list):
            return any(self.mentions(each) for each in value)
        return value in self._hers if isinstance(value, str) else False

    async def opened(self, value: Any, subjects: Collection[UUID] = ()) -> Any:
        """The same value in clear; `subjects`: whose ciphertext a row without subjects may hold."""
        if isinstance(value, Mapping):
            if value.keys() == {"subject", "class", "sealed"}:
                return await self._personal(value)
            return {name: await self.opened(each, subjects) for name, each in value.items()}
        if isinstance(value, list):
            mine = [each for each in value if self.mentions(each)] or value
            return [await self.opened(each, subjects) for each in mine]
        return await self._text(value, subjects) if isinstance(value, str) else value

    async def _personal(self, value: Mapping[str, Any]) -> str | None:
        if value["sealed"] is None:
            return None
        if value["subject"] not in self._hers:
            return WITHHELD
        return await self._opened(UUID(value["subject"]), value["sealed"])

    async def _opened(self, subject: UUID, text: str) -> str:
        value = (await self._vault.open_many([(subject, text)]))[0]
        if value is None:
            return ERASED
        self.readable += 1
        return value

    async def _text(self, text: str, subjects: Collection[UUID]) -> str:
        if _BYTES.fullmatch(text):
            return "（加密索引）"
        found = _SEALED.fullmatch(text)
        if found is None or is_sealed(text, found[1]) is None:
            return text
        for subject in subjects:
            if str(subject) in self._hers and (value := await self._tried(subject, text)) is not None:
                return value
        return WITHHELD

    async def _tried(self, subject: UUID, text: str) -> str | None:
        try:
            return await self._opened(subject, text)
        except InvalidTag:
            return None


def uuids(value: Any) -> Iterator[UUID]:
    """Every id in a row, at its top level."""
    for each in value.values():
        if isinstance(each, str):
            try:
                yield UUID(each)
            except ValueError:
                continue
