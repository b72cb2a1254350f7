"""The cells: operation × place × role × unit × measures, and the ways in which a cell can be wrong.

What a caller may see is worked out here from policy.toml's own words and the codes of the units; the product's filters
are not asked.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice
from typing import Any
from uuid import uuid4

import httpx

from libs.access.rules import POLICY
from libs.values.division import NATION, Division
from tests.contract.conventions.asking import REQUEST_ID, TRACE, Ask, Operation, operations
from tests.contract.oracle.canaries import Canaries
from tests.contract.oracle.places import Place, asks, filled, places
from tests.support.world import A1, B1, BY_CODE, A, Unit, World

CALLERS = (A1, A)
"""Seen from them, things lie inside, above, beside, below and elsewhere."""
NOBODY = {
    "id": "0190ffff-7fff-7fff-bfff-ffffffffffff",
    "unit": "522699999000",
    "number": "999999999999",
    "word": "nobody-here",
}
"""An id and a code that were never given."""
WIDEST = frozenset({"owner", "service"})
"""Roles that hold every scope between them: asked in every form, the others in one for each place."""
CHANGES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
NOW = re.compile(rb"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+[0-9]")
MOVING = ("age", "date", "ratelimit", "ratelimit-policy", "traceparent")  # of time, of counting, and of the span


@dataclass(frozen=True)
class Who:
    """A caller of the matrix."""

    role: str
    unit: Unit
    measures: frozenset[str] | None = None

    def __str__(self) -> str:
        limited = f", {'+'.join(sorted(self.measures))} only" if self.measures is not None else ""
        return f"{self.role} of {self.unit.key}{limited}"

    def let_in(self, operation: Operation) -> bool:
        """Whether the policy's text lets it call at all."""
        names = operation.said.get("x-action", ())
        return all(
            self.role in POLICY.action(name).roles
            and high_enough(self.unit.division, POLICY.action(name).level)
            and (self.measures is None or POLICY.action(name).measures <= self.measures)
            for name in names
        )


def high_enough(own: Division, least: str | None) -> bool:
    """Whether a unit is of a level or above it, by the zeros of its code."""
    return least is None or len(own.code.rstrip("0")) <= {"county": 6, "township": 9, "village": 12}[least]


@dataclass
class Tally:
    """What a run came to: cells, those that are wrong, and operations that were seen to answer with something."""

    cells: int = 0
    wrong: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    by_check: Counter[str] = field(default_factory=Counter)

    def count(self, check: str, complaint: str | None) -> None:
        """One cell, and what is wrong with it."""
        self.cells += 1
        self.by_check[check] += 1
        if complaint is not None:
            self.wrong.append(f"{check}: {complaint}")

    def add(self, other: "Tally") -> None:
        """What another came to as well."""
        self.cells += other.cells
        self.wrong += other.wrong
        self.answered |= other.answered
        self.by_check += other.by_check

    def __str__(self) -> str:
        said = ", ".join(f"{check} {count}" for check, count in sorted(self.by_check.items()))
        return f"{self.cells} cells ({said}), {len(self.wrong)} wrong"


@dataclass
class Matrix:
    """One world, whose everything in it is, and what was found."""

    world: World
    known: Canaries
    client: httpx.AsyncClient
    tally: Tally = field(default_factory=Tally)

    def operations(self) -> Iterator[tuple[str, Operation]]:
        """All that are not public, of all services, by service."""
        for name, app in self.world.apps.items():
            for operation in operations(app.openapi()):
                if operation.said["security"]:
                    yield name, operation

    def silent(self, among: Sequence[Operation]) -> list[str]:
        """Operations that were never seen to answer with something: of them nothing is proven."""
        return [label(each) for each in among if label(each) not in self.tally.answered]

    async def inside(self, who: Who, operation: Operation) -> None:
        """Good requests about things of one's own: no answer tells anything of another unit."""
        if not who.let_in(operation) and who != Who(who.role, A1):
            return  # refused by its role or measures, the same everywhere
        asked = self.good(who, operation)
        for ask in asked if who.let_in(operation) else islice(asked, 1):
            answer = await self.send(who, ask)
            if answer.status_code < 400:
                self.tally.answered.add(label(operation))
            self.tally.count("told", self._told(who, operation, ask, answer))

    async def outside(self, who: Who, operation: Operation) -> None:
        """Things of other units answer, byte for byte, as things that do not exist."""
        headers, widest = self.headers(who), who.role in WIDEST
        for place in places(operation):
            others = self._others(who, operation, place)
            values = self.foreign_values(who, operation, place)
            for base in asks(operation, headers)[: 2 if widest else 1]:
                nothing = await self.send(who, filled(operation, base, others | {place: NOBODY[place.kind]}))
                for value in values if widest else values[:1]:
                    ask = naming(filled(operation, base, others | {place: value}), BY_CODE.get(value))
                    answer = await self.send(who, ask.heading(Idempotency_Key=str(uuid4())))
                    same = blank(answer, place.kind, value) == blank(nothing, place.kind, NOBODY[place.kind])
                    said = None if same else difference(operation, place, who, answer, nothing)
                    self.tally.count("byte-equal", said)
                    self.tally.count("told", self._told(who, operation, ask, answer))

        await self._whole(who, operation)

    async def _whole(self, who: Who, operation: Operation) -> None:
        """The same of a path whose every id is another unit's, where they belong together."""
        path = [each for each in places(operation) if each.where == "path" and each.kind == "id"]
        units = [] if len(path) < 2 or above(operation) else [B1]
        for unit in units:
            values = {
                each: self._held_by(self.known.kinds(each.name)[0], unit, service(operation))[:1] for each in path
            }
            if not all(values.values()):
                continue
            others = {each: self.own(who, operation, each)[0] for each in places(operation) if each not in path}
            base = asks(operation, self.headers(who))[0]
            theirs = {each: value[0] for each, value in values.items()}
            answer = await self.send(who, filled(operation, base, others | theirs))
            nobodys = dict.fromkeys(path, NOBODY["id"])
            nothing = await self.send(who, filled(operation, base, others | nobodys))
            same = (answer.status_code, code(answer)) == (nothing.status_code, code(nothing))
            said = None if same else difference(operation, path[0], who, answer, nothing)
            self.tally.count("byte-equal", said)

    def good(self, who: Who, operation: Operation) -> Iterator[Ask]:
        """Requests of every form with things of the caller's own; each place of a query that may be left out too."""
        headers, found = self.headers(who), places(operation)
        for base in asks(operation, headers):
            required = [place for place in found if place.required]
            yield filled(operation, base, {place: self.own(who, operation, place)[0] for place in required})
            for place in found:
                for value in self.own(who, operation, place)[0 if not place.required else 1 :]:
                    others = {each: self.own(who, operation, each)[0] for each in required if each is not place}
                    yield filled(operation, base, others | {place: value})

    def own(self, who: Who, operation: Operation, place: Place) -> list[str]:
        """Values for a place from the caller's own units: some ids if its name says of what, else one of each kind."""
        if place.kind == "unit":
            return [who.unit.code]
        if place.kind == "word":
            return [who.unit.slug]
        if place.kind == "number":
            return self.known.numbers_of(service(operation), who.unit.code)[:1] or [NOBODY["number"]]
        kinds = self.known.kinds(place.name)
        ids = [self.known.of(kind, who.unit.code, service(operation))[: 3 if len(kinds) == 1 else 1] for kind in kinds]
        return list(chain.from_iterable(ids)) or [NOBODY["id"]]

    def foreign_values(self, who: Who, operation: Operation, place: Place) -> list[str]:
        """Values for a place from every unit that the caller does not see: beside, above and elsewhere."""
        units = [unit for unit in BY_CODE.values() if not who.unit.division.covers(unit.division)]
        if above(operation) or place.name in self._held_above:
            units = [unit for unit in units if not unit.division.covers(who.unit.division)]
        if place.kind == "unit":
            return [] if unbound(operation) else [unit.code for unit in units]
        if place.kind == "word":
            return [unit.slug for unit in units]
        if place.kind == "number":
            return [each for unit in units for each in self.known.numbers[service(operation)].get(unit.code, [])[:1]]
        kinds, found = self.known.kinds(place.name), []
        for kind in kinds:
            of_kind = [each for unit in units for each in self._held_by(kind, unit, service(operation))[:1]]
            found += of_kind if len(kinds) == 1 else of_kind[:1]
        return found

    def _held_by(self, kind: str, unit: Unit, name: str) -> list[str]:
        """Ids of a unit: with those of its villages, where it is a township."""
        if unit.division.level == "township":
            return self.known.of(kind, unit.code, name)
        ids = self.known.ids[kind].get(unit.code, [])
        return sorted(ids, key=lambda each: name not in self.known.homes[each])

    @cached_property
    def _held_above(self) -> set[str]:
        """Names of what an action shows that is held above: who sees a course may name it wherever one is named."""
        return {place.name for _, each in self.operations() if above(each) for place in places(each)}

    def headers(self, who: Who) -> dict[str, str]:
        """A caller's token, with ids of his own for the trace so that answers can be compared."""
        token = self.world.token(who.role, who.unit.division, who.measures)
        return {"Authorization": f"Bearer {token}", "X-Request-Id": REQUEST_ID, "traceparent": TRACE}

    async def send(self, who: Who, ask: Ask) -> httpx.Response:
        """The answer."""
        return await ask.send(self.client)

    def _others(self, who: Who, operation: Operation, place: Place) -> dict[Place, str]:
        """All other places that must be filled, with things of the caller's own."""
        return {
            each: self.own(who, operation, each)[0] for each in places(operation) if each.required and each is not place
        }

    def _told(self, who: Who, operation: Operation, ask: Ask, answer: httpx.Response) -> str | None:
        if answer.status_code >= 500:
            return f"{label(operation)} for {who}: {answer.status_code} {answer.text[:200]}"
        asked = f"{ask.path} {dict(ask.query)} {ask.json}"
        foreign = self.known.foreign(answer, who.unit.division, above=above(operation), asked=asked)
        if unbound(operation):
            foreign = {each for each in foreign if not each.isdigit()}
        if foreign:
            return f"{label(operation)} told {who} of {sorted(foreign)[:3]}: {ask.path} {dict(ask.query)}"
        return None


def callers(roles: Sequence[str], *, limited: bool = True) -> Iterator[Who]:
    """Every role in a township and in its county, and limited to one measure."""
    for role in roles:
        for unit in CALLERS:
            yield Who(role, unit)
        if limited:
            yield Who(role, A1, frozenset({"registry"}))


def label(operation: Operation) -> str:
    """Service, method and path."""
    return f"{operation.method} {operation.document['servers'][0]['url']}{operation.path}"


def service(operation: Operation) -> str:
    """The service's name."""
    return str(operation.document["servers"][0]["url"]).strip("/")


def naming(ask: Ask, unit: Unit | None) -> Ask:
    """Where a body asks for persons, those of the unit that is asked about."""

    def named(value: Any) -> Any:
        if isinstance(value, dict):
            persons = {"name": unit.names(1)[0], "resident_id": unit.resident_id(0)} if unit else {}
            real = persons if persons.keys() <= value.keys() else {}
            if unit and {"kind", "value"} <= value.keys():
                real = {"kind": "resident_id", "value": unit.resident_id(0)}
            return {key: named(each) for key, each in value.items()} | real
        return [named(each) for each in value] if isinstance(value, list) else value

    return ask if unit is None else replace(ask, json=named(ask.json))


def above(operation: Operation) -> bool:
    """Whether its action shows what units above hold."""
    return any(POLICY.action(name).units == "above" for name in operation.said.get("x-action", ()))


def unbound(operation: Operation) -> bool:
    """Whether its action belongs to no unit."""
    return all(POLICY.action(name).units == "none" for name in operation.said.get("x-action", ()))


def only_reads(operation: Operation) -> bool:
    """Whether it changes nothing: a question that is too long for an address is a POST without a key."""
    return operation.method == "GET" or (operation.method == "POST" and not operation.requires("Idempotency-Key"))


def blank(answer: httpx.Response, kind: str, value: str) -> tuple[Any, ...]:
    """Status, headers and body, with the value that was asked for made the same; times and counts are left out.

    A number stands in a path only: elsewhere its digits are something else's.
    """
    value, moving = (f"/{value}" if kind == "number" else value), (*MOVING, "content-length")
    headers = [(name, text.replace(value, "@")) for name, text in answer.headers.multi_items() if name not in moving]
    body = NOW.sub(b"@now", answer.content.replace(value.encode(), b"@"))
    return answer.status_code, sorted(headers), body


def code(answer: httpx.Response) -> str:
    """Of a problem; empty for anything else."""
    problem = answer.headers.get("content-type") == "application/problem+json"
    return str(answer.json()["code"]) if problem else ""


def difference(operation: Operation, place: Place, who: Who, answer: httpx.Response, nothing: httpx.Response) -> str:
    """Both answers, for a person."""
    return (
        f"{label(operation)} tells {who} by {place.where} {place.name} what is there: "
        f"{answer.status_code} {answer.text[:150]} / {nothing.status_code} {nothing.text[:150]}"
    )


__all__ = ["NATION", "Division", "Matrix", "Tally", "Who", "callers", "label"]
