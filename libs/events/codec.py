"""Events ↔ JSON. A type name and a version stay readable for ever: old JSON is lifted step by step, then parsed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any, Final, TypeAlias

from orjson import loads
from pydantic import TypeAdapter

from libs.events.personal import Personal

Upcaster: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
Seal: TypeAlias = Callable[[Personal[Any]], str]


_NUL: Final = "\\u0000"


class UnknownEvent(LookupError):
    """The log holds an event that this version of the service does not know: do not guess, stop."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as the log keeps it."""

    type: str
    version: int
    data: str


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    cls: type
    version: int
    adapter: TypeAdapter[Any]
    parse: Callable[[str], Any]  # JSON of the present version, without the layers around the validator
    upcasters: Mapping[int, Upcaster]


class Codec:
    """The event types of one service. `add` each once; upcaster n turns the JSON of version n into n + 1."""

    def __init__(self) -> None:
        """Knows no event yet."""
        self._by_name: dict[str, _Entry] = {}
        self._by_class: dict[type, _Entry] = {}

    def add(
        self, name: str, cls: type, *, version: int = 1, upcasters: Mapping[int, Upcaster] | None = None
    ) -> "Codec":
        """Register a frozen dataclass under a name like 'woman-registered'; returns itself."""
        steps = dict(upcasters or {})
        if name in self._by_name or cls in self._by_class:
            raise ValueError(f"{name} or {cls.__name__} is registered already")
        if not is_dataclass(cls):
            raise TypeError(f"{cls.__name__} must be a frozen dataclass")
        if set(steps) != set(range(1, version)):
            raise ValueError(f"{name} version {version} needs an upcaster from each of the versions before it")
        adapter = TypeAdapter(cls)
        entry = _Entry(name, cls, version, adapter, adapter.validator.validate_json, steps)
        self._by_name[name] = self._by_class[cls] = entry
        return self

    @property
    def names(self) -> dict[str, int]:
        """Type name → present version."""
        return {name: entry.version for name, entry in self._by_name.items()}

    def name_of(self, cls: type) -> str:
        """The registered name of an event class."""
        return self._class(cls).name

    def dump(self, event: object, seal: Seal | None = None) -> Encoded:
        """JSON text of an event; `seal` is needed when it holds personal data in clear.

        Raises ValueError for text with a NUL, which no PostgreSQL can keep.
        """
        entry = self._class(type(event))
        data = entry.adapter.dump_json(event, context={"seal": seal} if seal else None).decode()
        if _NUL in data and _NUL in data.replace("\\\\", ""):  # an escaped backslash before u0000 is only text
            raise ValueError(f"{entry.name} holds a NUL character, which the database cannot keep")
        return Encoded(entry.name, entry.version, data)

    def load(self, name: str, version: int, data: dict[str, Any]) -> Any:
        """The event, whatever version it was written in."""
        entry = self._known(name, version)
        for step in range(version, entry.version):
            data = entry.upcasters[step](data)
        return entry.adapter.validate_python(data)

    def loader(self, name: str, version: int) -> Callable[[str], Any]:
        """What makes events of JSON texts of one type and version: faster, because most need no lifting."""
        entry = self._known(name, version)
        return entry.parse if version == entry.version else lambda text: self.load(name, version, loads(text))

    def _known(self, name: str, version: int) -> _Entry:
        entry = self._by_name.get(name)
        if entry is None or version > entry.version or version < 1:
            raise UnknownEvent(f"event {name!r} version {version} is not known to this version of the service")
        return entry

    def _class(self, cls: type) -> _Entry:
        entry = self._by_class.get(cls)
        if entry is None:
            raise UnknownEvent(f"event class {cls.__name__} is not registered with the codec")
        return entry
