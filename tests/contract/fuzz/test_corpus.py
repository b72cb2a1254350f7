"""Every place of every operation answers bad input of every kind as documented, soon, and never with a 5xx."""

import os
import time
from dataclasses import replace

import httpx
import pytest

from tests.contract.conventions.asking import Ask, operations
from tests.contract.fuzz.corpus import spots
from tests.contract.oracle.matrix import NOBODY, label
from tests.contract.oracle.places import filled, places
from tests.support.world import P, World

pytestmark = pytest.mark.asyncio(loop_scope="module")
SOAK = bool(os.environ.get("FUZZ_SECONDS"))
SHARE = 1 if SOAK else 16
"""One of so many values at each place, others at the next; all of them in `make soak`."""
SLOW = 10.0  # seconds


async def test_bad_input_gets_an_answer_of_ours_everywhere(there: World, capsys: pytest.CaptureFixture[str]) -> None:
    began, sent, slowest, wrong = time.monotonic(), 0, 0.0, {}
    methods: set[tuple[str, str]] = set()  # headers are read in one place: asked of one route for each
    async with there.client() as client:
        for app in there.apps.values():
            for operation in operations(app.openapi()):
                role = "service" if "registry:resolve" in operation.scopes else "owner"
                bearer = {"Authorization": f"Bearer {there.token(role, P.division)}"}
                good = filled(
                    operation, operation.good(bearer), {each: NOBODY[each.kind] for each in places(operation)}
                )
                url = str(operation.document["servers"][0]["url"])
                first = SOAK or (url, operation.method) not in methods
                methods.add((url, operation.method))
                for nth, spot in enumerate(spots(operation, f"{url}{operation.path}", headers=first)):
                    for value in list(spot.values)[nth % SHARE :: SHARE]:
                        start = time.monotonic()
                        try:
                            answer = await _sent(client, spot.put(good, spot.values[value]))
                        except httpx.InvalidURL:
                            continue  # too long for the client: it sends nothing
                        slowest, sent = max(slowest, time.monotonic() - start), sent + 1
                        if complaint := _complaint(answer, set(operation.said["responses"])):
                            key = f"{label(operation)} {spot.name}"
                            wrong.setdefault(
                                f"{key}: {complaint}", f"{value}: {answer.status_code} {answer.text[:160]}"
                            )
    took = time.monotonic() - began
    with capsys.disabled():
        print(f"\ncorpus: {sent} bad values, {len(wrong)} wrong, slowest {slowest:.1f} s, {took:.0f} s")  # noqa: T201
    assert wrong == {}, "\n".join(f"{key} ({said})" for key, said in sorted(wrong.items()))
    assert slowest < SLOW
    assert sent > 1_000


async def _sent(client: httpx.AsyncClient, ask: Ask) -> httpx.Response:
    if ask.path.startswith("/") and "?" not in ask.path:
        return await ask.send(client)
    return await replace(ask, path="/").send(client)


def _complaint(answer: httpx.Response, documented: set[str]) -> str | None:
    if answer.status_code >= 500:
        return "an error of the server"
    if answer.status_code in (404, 405) and "detail" in answer.text and "code" in answer.text:
        return None
    if str(answer.status_code) not in documented:
        return f"{answer.status_code} is not documented"
    if answer.status_code >= 400 and "json" not in answer.headers.get("content-type", ""):
        return "no problem"
    return None
