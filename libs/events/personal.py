"""A value about one person. It reaches the log only sealed with that person's key, and stays sealed on load."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class Personal(Generic[T]):
    """`value` is None when sealed, erased or unknown; `sealed` is the ciphertext as the log keeps it."""

    subject: UUID
    value: T | None
    data_class: str = "identity"
    sealed: str | None = None

    if not TYPE_CHECKING:

        @classmethod
        def __class_getitem__(cls, _item: Any) -> type:
            """`Personal[str]` is `Personal` when it runs: pydantic would write the fields of a generic one unsealed."""
            return cls

    def __repr__(self) -> str:
        """Never shows the value, so that no log or error message can."""
        return f"Personal(subject={self.subject}, data_class={self.data_class!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """JSON form: subject, data class, ciphertext; dumping needs `seal` in the context."""
        return core_schema.no_info_plain_validator_function(
            _from_json,
            serialization=core_schema.plain_serializer_function_ser_schema(_to_json, info_arg=True),
        )


def _to_json(personal: Personal[Any], info: core_schema.SerializationInfo) -> dict[str, str | None]:
    sealed = personal.sealed
    if sealed is None and personal.value is not None:
        seal = (info.context or {}).get("seal")
        if seal is None:
            raise ValueError("personal data is written sealed only: hand a vault to the codec")
        sealed = seal(personal)
    return {"subject": str(personal.subject), "class": personal.data_class, "sealed": sealed}


def _from_json(data: Any) -> Personal[Any]:
    if isinstance(data, Personal):
        return data
    if not isinstance(data, dict) or "subject" not in data:
        raise ValueError("a personal value has the fields subject, class and sealed")
    return Personal(UUID(data["subject"]), None, data["class"], data["sealed"])


def personals(value: object) -> Iterator[Personal[Any]]:
    """Every `Personal` inside an event, however deep."""
    if isinstance(value, Personal):
        yield value
        return
    for item in _parts(value):
        if type(item) not in _PLAIN:
            yield from personals(item)


_PLAIN = frozenset({str, int, bool, float, type(None), UUID, date, datetime})  # most fields, and nothing inside them


def _parts(value: object) -> Iterable[Any]:
    if isinstance(value, (tuple, list, frozenset)):
        return value
    if isinstance(value, dict):
        return value.values()
    cls: Any = type(value)
    return [getattr(value, name) for name in _names(cls)]


@cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls)) if is_dataclass(cls) else ()
