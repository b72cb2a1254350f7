"""Holes as a programmer would leave them, one route at a time, to see that the oracle finds each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts

from libs.access.fastapi import Requirement
from libs.access.principal import Principal
from libs.access.rules import POLICY
from libs.service.traits import calls_of
from libs.values.division import NATION
from tests.contract.conventions.asking import Operation
from tests.contract.oracle.matrix import Matrix, label, only_reads
from tests.contract.oracle.places import places

OF_NO_UNIT = (
    "/v1/audit/state",
    "/v1/freshness",
    "/v1/divisions/undecided",
    "/v1/divisions/unexplained",
    "/v1/rights/purposes",
    "/v1/jobs/{job_id}/rows",
    "/v1/header-mappings/kinds",
)
"""How far a chain is sealed and a log is read, texts of notices, forms of lists: nothing of a unit is in them, so
nothing is wider.

Codes, names and changes of divisions are public, and their two worklists hold no id that could be recognised; that each
shows the caller's units only is tested in tests/integration/registry/test_division_changes.py.
Rows of a file are told to who sent it, whatever his unit: tests/integration/service/test_jobs.py.
"""

SHARED = ("PUT /outreach/v1/header-mappings",)
"""Routes of libs/service asked in other services, whose lists have the column of the document's example (姓名).

Here it is refused before the unit is looked at, so that a hole would not show.
"""


@dataclass(frozen=True)
class Hole:
    """A route that forgets whose units it may show: its caller's division is the whole country."""

    app: FastAPI
    operation: Operation
    wanted: tuple[Requirement, ...]

    def __str__(self) -> str:
        return label(self.operation)

    @contextmanager
    def planted(self) -> Iterator[None]:
        """While it is there."""
        for each in self.wanted:
            self.app.dependency_overrides[each] = _wide(each)
        try:
            yield
        finally:
            self.app.dependency_overrides.clear()


def holes(matrix: Matrix) -> Iterator[Hole]:
    """One for each operation that shows or takes things of units."""
    for name, operation in matrix.operations():
        actions = [POLICY.action(each) for each in operation.said["x-action"]]
        if label(operation) in SHARED or operation.path in OF_NO_UNIT or all(each.units == "none" for each in actions):
            continue
        if only_reads(operation) or places(operation):
            app = matrix.world.apps[name]
            yield Hole(app, operation, tuple(_requirements(app, operation)))


def _requirements(app: FastAPI, operation: Operation) -> Iterator[Requirement]:
    for context in iter_route_contexts(app.routes):
        if context.path == operation.path and operation.method in (context.methods or ()):
            dependant: Any = context.dependant
            yield from (call for call in calls_of(dependant) if isinstance(call, Requirement))


def _wide(requirement: Requirement) -> Callable[..., Any]:
    async def wide(request: Request) -> Principal:
        return replace(await requirement(request), division=NATION)

    return wide
