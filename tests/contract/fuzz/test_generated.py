"""No request, however made, meets an error of the server, and every answer is as the document says.

FUZZ_SECONDS (environment) lets it run longer, with other seeds; `make soak` takes ten minutes.
"""

import asyncio
import os
import time

import pytest

from tests.contract.fuzz.generated import Fuzz
from tests.contract.oracle.canaries import Canaries
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
EXAMPLES = 4


async def test_no_server_error_and_every_answer_as_documented(
    there: World, known: Canaries, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    async with there.client() as client:
        fuzz = Fuzz(there, known, client, asyncio.get_running_loop())
        await asyncio.to_thread(fuzz.run, EXAMPLES, began + SECONDS if SECONDS else 0.0)
    with capsys.disabled():
        print(f"\nfuzz: {fuzz.found}, {time.monotonic() - began:.0f} s")  # noqa: T201 - the figure of the run
    assert fuzz.found.wrong == {}, "\n".join(f"{key}: {said}" for key, said in sorted(fuzz.found.wrong.items()))
    assert fuzz.found.errors == 0
    assert len(fuzz.found.sent) > 60
