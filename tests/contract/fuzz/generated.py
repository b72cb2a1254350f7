"""Requests made by schemathesis from the documents, sent to the services over their databases, answers held to them.

Nothing is raised and nothing shrunk while it runs: what is wrong is collected with the request, so that a run takes
the time it is given.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from libs.access.policy import ROLES, scopes_of
from tests.contract.oracle.canaries import Canaries
from tests.support.world import P, World

CHECKS = [
    status_code_conformance, content_type_conformance, response_schema_conformance, response_headers_conformance,
    positive_data_acceptance, negative_data_rejection,
]  # fmt: skip
"""Those that judge the answer at hand. Server errors are judged here; the others send requests of their own, about
sign-in and foreign things, which the oracle and the conventions ask of every route."""
BUSY = frozenset({"consistency.not_reached", "reporting.not_reached"})
"""503s that a caller asked for himself, by `Prefer: handling=strict` or a number that is not there yet."""
BUSINESS = frozenset(
    {"paging.unknown_field", "paging.cursor_other_filter", "invalid_request", "invalid_scope", "invalid_grant"}
)
"""400s whose rule no schema can say: what `fields` a list has, whose a cursor is, how a client names itself."""
EXPECTED = ["2xx", "303", "304", "401", "403", "404", "409", "412", "422"]
"""Answers to what the document calls good. A 422 must be a rule's that no schema can say: not `common.invalid`."""
LONGEST = {"wait": "0", "timeout": "0"}  # nobody is waited for while requests are made
ANSWER = 60.0


@dataclass
class Found:
    """What was sent and what was wrong with the answers, each kind once."""

    sent: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    wrong: dict[tuple[str, str], str] = field(default_factory=dict)

    def __str__(self) -> str:
        asked = f"{self.sent.total()} requests to {len(self.sent)} operations"
        return f"{asked}, {self.errors} server errors, {len(self.wrong)} wrong"


@dataclass(frozen=True)
class Fuzz:
    """Over a world, whose loop runs while Hypothesis runs in a thread of its own."""

    world: World
    known: Canaries
    client: httpx.AsyncClient
    loop: asyncio.AbstractEventLoop
    found: Found = field(default_factory=Found)

    def run(self, examples: int, until: float = 0.0) -> None:
        """So many requests of both modes to each operation; again with other seeds until the clock says `until`."""
        operations, seed = list(self._operations()), 0
        while True:
            for operation in operations:
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    self._one(operation, mode, examples, seed)
                if seed and time.monotonic() > until:
                    return
            seed += 1
            if time.monotonic() > until:
                return

    def _operations(self) -> Iterator[Any]:
        config = {"checks": {"positive_data_acceptance": {"expected-statuses": EXPECTED}}}
        for name, app in self.world.apps.items():
            schema = schemathesis.openapi.from_dict(app.openapi(), config=SchemathesisConfig.from_dict(config))
            schema.app = None
            for each in schema.get_all_operations():
                yield name, each.ok()

    def _one(self, named: tuple[str, Any], mode: GenerationMode, examples: int, seed: int) -> None:
        name, operation = named

        @hypothesis.seed(seed)
        @settings(
            max_examples=examples, database=None, deadline=None, phases=[Phase.generate], derandomize=False,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def send(case: Case, data: st.DataObject) -> None:
            if mode is GenerationMode.POSITIVE and data.draw(st.booleans()):
                self._aim(case, data)
            self._send(name, case, mode)

        try:
            send()
        except hypothesis.errors.Unsatisfiable:
            return  # the document leaves nothing to get wrong

    def _aim(self, case: Case, data: st.DataObject) -> None:
        """At things that are there, where the path names one."""
        for place in case.path_parameters:
            kinds = [kind for kind in self.known.ids if kind == place or kind.endswith(f"_{place}")]
            ids = [each for kind in kinds for of in self.known.ids[kind].values() for each in of]
            if ids:
                case.path_parameters[place] = data.draw(st.sampled_from(ids))

    def _send(self, name: str, case: Case, mode: GenerationMode) -> None:
        label = f"{case.operation.method.upper()} /{name}{case.operation.path}"
        for parameter in set(case.query or {}) & set(LONGEST):
            case.query[parameter] = LONGEST[parameter]
        said = case.operation.definition.raw
        token = self.world.token(_role(said), P.division)
        bearer = {"Authorization": f"Bearer {token}"} if said["security"] else {}
        kwargs = case.as_transport_kwargs(base_url=f"http://world/{name}", headers=bearer)
        parts = {key: value for key, value in kwargs.items() if key in REQUEST}
        try:
            made = requests.Request(**parts).prepare()
        except (requests.RequestException, UnicodeError, ValueError):
            return  # no client can send it
        answer = asyncio.run_coroutine_threadsafe(self._answer(made), self.loop).result(ANSWER)
        self.found.sent[label] += 1
        self._judge(label, case, mode, made, answer)

    async def _answer(self, made: requests.PreparedRequest) -> httpx.Response:
        headers = [(str(name), str(value)) for name, value in made.headers.items()]
        body = made.body.encode() if isinstance(made.body, str) else made.body
        raw = [(name.encode("latin-1", "replace"), value.encode("utf-8", "surrogatepass")) for name, value in headers]
        request = httpx.Request(str(made.method), str(made.url), headers=raw, content=body)
        return await self.client.send(request)

    def _judge(
        self, label: str, case: Case, mode: GenerationMode, made: requests.PreparedRequest, answer: httpx.Response
    ) -> None:
        said = f"{made.method} {made.url} {made.body!r:.300} → {answer.status_code} {answer.text[:300]}"
        refused = answer.status_code == 422 and mode is GenerationMode.POSITIVE
        if refused and answer.json().get("code") == "common.invalid":
            self.found.wrong.setdefault((label, "the document calls it good"), said)
        if answer.status_code >= 500 and answer.json().get("code") not in BUSY:
            self.found.errors += 1
            self.found.wrong.setdefault((label, "server error"), said)
        ruled = answer.status_code == 400 and {answer.json().get("code"), answer.json().get("error")} & BUSINESS
        ruled = ruled or (answer.status_code == 503 and answer.json().get("code") in BUSY)
        try:
            checks = [each for each in CHECKS if not ruled or each is not positive_data_acceptance]
            case.validate_response(answer, checks=checks)
        except FailureGroup as group:
            for failure in group.exceptions:
                self.found.wrong.setdefault((label, type(failure).__name__), f"{_first(failure)}: {said}")
        except Failure as failure:
            self.found.wrong.setdefault((label, type(failure).__name__), f"{_first(failure)}: {said}")


REQUEST = ("method", "url", "headers", "params", "data", "json", "cookies", "files")


def _role(operation: Mapping[str, Any]) -> str:
    scopes = set(operation.get("x-scope", ()))
    return next(role for role in ("owner", "service", *sorted(ROLES)) if scopes <= scopes_of(role))


def _first(failure: BaseException) -> str:
    return " ".join(str(failure).split())[:300]


__all__ = ["Found", "Fuzz"]
