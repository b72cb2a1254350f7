"""What answers say together: what changes elsewhere changes none of them, and a unit sees what its parts see."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx

from libs.service.paging import MAX_LIMIT
from services.reporting.domain.mapping import KINDS
from tests.contract.conventions.asking import Ask, Operation
from tests.contract.oracle.matrix import MOVING, Matrix, Who, label, only_reads, unbound

POSITIONS = frozenset({"as_known", "freshness", "number", "published"})
"""How far the whole log has been read: the same for everybody, and not of a unit."""
HEADS = frozenset({"participants", "women"})
"""Heads in a course, of whichever unit; who they are is not told (services/training/projections/courses.py)."""
SHARED = frozenset(kind.measures_name for kind in KINDS.values())
"""Classes, activities …: one in which women of two units are is one of each, and one of both together."""
AS_KNOWN = re.compile(r"-\d+\.csv")  # the same in the name of a file
Answers = dict[tuple[str, str, str], Any]


async def answers(matrix: Matrix, who: list[Who]) -> Answers:
    """Every answer to a reading request by these callers, with nothing left of time and of positions in the log."""
    found: Answers = {}
    for _, operation in matrix.operations():
        for each in who:
            if only_reads(operation) and each.let_in(operation) and not unbound(operation):
                for ask in matrix.good(each, operation):
                    key = (label(operation), str(each), f"{ask.path} {dict(ask.query)} {ask.json}")
                    found[key] = _still(await matrix.send(each, ask))
    return found


def changed(before: Answers, after: Answers) -> Iterator[str]:
    """Requests that are answered otherwise than before."""
    for key, answer in before.items():
        if answer != after[key]:
            yield f"{' '.join(key)}: {str(answer)[:300]} / {str(after[key])[:300]}"


def lists(operation: Operation) -> bool:
    """Whether it answers with rows or with a sum of them, by its document."""
    content = operation.said["responses"].get("200", {}).get("content", {}).get("application/json", {})
    return only_reads(operation) and bool({"items", "total"} & set(content.get("example", {})))


async def items(matrix: Matrix, who: Who, operation: Operation) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Rows of each list a caller can ask an operation for, by the request without its unit and by the row's id."""
    found = {}
    for ask in matrix.good(who, operation):
        answer = await matrix.send(who, ask.adding(limit=100))
        if answer.is_success and answer.headers["content-type"].startswith("application/json"):
            rows = answer.json().get("items")
            if rows is not None:
                asked = sorted((name, value) for name, value in ask.query.items() if name != "division")
                key = f"{ask.path} {asked}"
                found[key] = {_id(row): row for row in rows}
    return found


async def counted(matrix: Matrix, who: Who, operation: Operation) -> AsyncIterator[tuple[str, int | None, int]]:
    """Of each list a caller can ask an operation for: the count it tells, and the rows that its pages have together.

    A first page of two rows, then three more or as many as it takes; every other one is asked for with a count again: a
    cursor is good with and without.
    """
    forms = {f"{each.path} {dict(each.query)}": each for each in map(_uncounted, matrix.good(who, operation))}
    for asked, ask in forms.items():
        answer = await matrix.send(who, ask.adding(limit=2, count="exact"))
        if not answer.is_success:
            continue
        count, rows, again = answer.json().get("count"), len(answer.json()["items"]), False
        while link := answer.json()["next"]:
            page = ask.adding(limit=min(MAX_LIMIT, max(2, (count or 0) // 3)), cursor=httpx.URL(link).params["cursor"])
            answer = (await matrix.send(who, page.adding(count="exact") if again else page)).raise_for_status()
            rows, again = rows + len(answer.json()["items"]), not again
        yield asked, count, rows


async def totals(matrix: Matrix, who: Who, operation: Operation) -> Mapping[str, Any] | None:
    """The `total` of an answer about the caller's whole unit, if it gives one."""
    for ask in matrix.good(who, operation):
        answer = await matrix.send(who, ask)
        if answer.is_success and answer.headers["content-type"].startswith("application/json"):
            total = answer.json().get("total") if isinstance(answer.json(), dict) else None
            if isinstance(total, dict):
                return total
    return None


def numbers(value: Any, name: str = "") -> Iterator[tuple[str, int]]:
    """All whole numbers in an answer that add up over units, with their names."""
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield name, value
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in SHARED:
                yield from numbers(each, f"{name}.{key}")


def _still(answer: httpx.Response) -> Any:
    headers = sorted((name, text) for name, text in answer.headers.multi_items() if name not in (*MOVING, "freshness"))
    headers = [(name, AS_KNOWN.sub("", text)) for name, text in headers if name != "content-length"]
    if answer.headers.get("content-type", "").endswith("json"):
        return answer.status_code, headers, json.dumps(_without(answer.json()), ensure_ascii=False)
    return answer.status_code, headers, answer.content


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(each) for name, each in value.items() if name not in POSITIONS | HEADS}
    return [_without(each) for each in value] if isinstance(value, list) else value


def _uncounted(ask: Ask) -> Ask:
    return ask.without_query("count")


def _id(row: Mapping[str, Any]) -> str:
    own = [value for name, value in row.items() if name == "id" or name.endswith("_id")]
    return str(own[0] if own else row)


__all__ = ["Ask", "answers", "changed", "counted", "items", "numbers", "totals"]
