"""What a caller tries who does not keep to the document: more fields, other verbs, what belongs to others."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.contract.conventions.asking import Ask, Operation
from tests.contract.oracle.matrix import CHANGES, NOBODY, Matrix, Who, blank, label, only_reads
from tests.contract.oracle.places import places
from tests.support.world import A1, A2, B1, A

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
EXTRA: Mapping[str, Any] = {
    "unit": B1.code, "unit_id": B1.code, "division": B1.code, "status": "exited", "approved_by": "me", "role": "owner",
    "owner": "me", "sub": "me", "scopes": ["registry:resolve"], "version": 99, "id": NOBODY["id"], "amount": 1,
    "erased": True, "__proto__": {"role": "owner"}, "$ref": "#", "is_admin": True,
}  # fmt: skip
ALL = ("owner", "service")  # between them they hold every scope


def one_who_may(operation: Operation, unit: Any = A1) -> Who:
    """A caller of a unit whom the policy lets in; where its level is too low for that, of the county above."""
    return next(who for who in (Who(role, each) for each in (unit, A) for role in ALL) if who.let_in(operation))


async def more_fields(matrix: Matrix, operation: Operation) -> None:
    """Every field that the body does not know is refused."""
    media, content = operation.body or ("", {})
    if media != "application/json":
        return
    who = one_who_may(operation)
    ask = next(matrix.good(who, operation))
    for name, value in EXTRA.items():
        if name not in _names(operation, content["schema"]):
            answer = await matrix.send(who, replace(ask, json={**ask.json, name: value}))
            said = None if answer.status_code in (400, 422) else f"{label(operation)} takes {name}: {answer.text[:200]}"
            matrix.tally.count("mass assignment", said)


async def other_verbs(matrix: Matrix, operation: Operation) -> None:
    """A verb that a path does not have is 405, for things of others as for things of nobody; no header changes it."""
    who = one_who_may(operation)
    own = next(matrix.good(who, operation))
    methods = operation.document["paths"][operation.path]
    targets = [(own, "")]
    for place in places(operation):
        if place.where == "path" and place.kind == "id":
            foreign = matrix.foreign_values(who, operation, place)[:1]
            targets += [(replace(own, path=_put(operation, place.name, value)), value) for value in foreign]
    for verb in VERBS:
        if verb.lower() in methods:
            continue
        for ask, _ in targets:
            answer = await matrix.send(who, replace(ask, method=verb, json=None, content=None))
            refused = answer.status_code in (404, 405, 422)  # where the path is that of another operation too
            matrix.tally.count("verbs", None if refused else _said(operation, verb, answer))
    if operation.method == "GET":
        answer = await matrix.send(who, own)
        forced = await matrix.send(who, own.heading(X_HTTP_Method_Override="DELETE", X_Unit_Id="000000000000"))
        same = answer.status_code == forced.status_code
        matrix.tally.count("verbs", None if same else _said(operation, "X-HTTP-Method-Override", forced))


async def cursor_of_another(matrix: Matrix, operation: Operation) -> bool:
    """A cursor is good for who got it, and for nobody else; whether the operation gave one."""
    if not operation.takes("cursor", "query"):
        return False
    who = one_who_may(operation, A)
    for ask in matrix.good(who, operation):
        answer = await matrix.send(who, ask.adding(limit=1))
        link = answer.json().get("next") if answer.is_success else None
        if not link:
            continue
        cursor = re.search(r"cursor=([^&]+)", link)
        assert cursor
        page = ask.adding(limit=1, cursor=cursor[1])
        own = await matrix.send(who, page)
        matrix.tally.count("cursors", None if own.is_success else _said(operation, "its own cursor", own))
        for other in (Who(who.role, A1), Who(who.role, B1)):
            got = await matrix.send(other, _as(matrix, other, page))
            good = got.status_code in (404, 422)
            matrix.tally.count("cursors", None if good else _said(operation, f"the cursor of {who} by {other}", got))
        return True
    return False


async def key_of_another(matrix: Matrix, operation: Operation) -> None:
    """A key that another caller used is a fresh one; its own repeats the answer."""
    if operation.method not in CHANGES or only_reads(operation) or not operation.requires("Idempotency-Key"):
        return
    who = one_who_may(operation)
    for ask, first in [each async for each in _done(matrix, who, operation)]:
        again = await matrix.send(who, ask)
        replayed = (again.content, again.headers.get("idempotency-replayed")) == (first.content, "true")
        matrix.tally.count("keys", None if replayed else _said(operation, "its own key again", again))
        for other in (Who(who.role, A2), Who(who.role, B1)):
            got = await matrix.send(other, _as(matrix, other, ask))
            asked = f"{ask.path} {dict(ask.query)} {ask.json}"
            foreign = matrix.known.foreign(got, other.unit.division, above=False, asked=asked)
            told = "idempotency-replayed" in got.headers or foreign
            matrix.tally.count("keys", _said(operation, f"the key of {who} by {other}", got) if told else None)
        return


async def _done(matrix: Matrix, who: Who, operation: Operation) -> AsyncIterator[tuple[Ask, httpx.Response]]:
    """The first write of an operation that is taken, with its answer: at whatever version its thing is by now."""
    for ask in matrix.good(who, operation):
        for version in range(1, 10):
            headers = {"Idempotency-Key": str(uuid4()), "If-Match": f'"{version}"'}
            tried = replace(ask, headers={**ask.headers, **headers})
            answer = await matrix.send(who, tried)
            if answer.is_success:
                matrix.tally.answered.add(label(operation))
                yield tried, answer
                return
            if answer.status_code != 412:
                break


def _as(matrix: Matrix, who: Who, ask: Ask) -> Ask:
    return replace(ask, headers={**ask.headers, **matrix.headers(who)})


def _put(operation: Operation, name: str, value: str) -> str:
    path = operation.path.replace(f"{{{name}}}", value)
    return str(operation.document["servers"][0]["url"]) + re.sub(r"{\w+}", str(UUID(int=0)), path)


def _names(operation: Operation, schema: Mapping[str, Any]) -> set[str]:
    parts = [schema, *schema.get("anyOf", ())]
    found: set[str] = set()
    for part in parts:
        named = part.get("$ref", "").rpartition("/")[2]
        found |= set(operation.document["components"]["schemas"].get(named, part).get("properties", ()))
    return found


def _said(operation: Operation, what: str, answer: httpx.Response) -> str:
    return f"{label(operation)}, {what}: {answer.status_code} {answer.text[:200]}"


def every(matrix: Matrix) -> Iterator[Operation]:
    """All operations."""
    for _, operation in matrix.operations():
        yield operation


__all__ = ["blank", "cursor_of_another", "every", "key_of_another", "more_fields", "other_verbs"]
