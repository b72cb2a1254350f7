"""Read models rebuilt by a person at the command line, while jinguo runs and when it is stopped."""

import json
import signal
import time

from jinguo.projections import names, work
from libs.events.rebuild_pages import Progress
from tests.e2e.product import Product

MODELS = (
    "registry.divisions", "registry.women", "registry.households", "registry.exits", "registry.incomes",
    "registry.needs", "registry.rights", "training.courses",
    "training.enrolments", "training.waiting", "training.waitlist", "training.follow_ups",
    "training.certificates", "outreach.activities", "reporting.match",
)  # fmt: skip


def test_every_read_model_of_a_running_jinguo_is_rebuilt_equal(loaded: Product) -> None:
    assert names() == list(MODELS)
    for name in MODELS:
        told: list[Progress] = []
        found = work(loaded.folder, name, told.append, lambda rebuild: rebuild.build())
        assert found.equal, found.differences
        last = told[-1] if told else Progress(0, 0, 0, 0)  # of an empty log nothing is told
        assert (last.passed, last.left) == (last.total, 0)
        work(loaded.folder, name, told.append, lambda rebuild: rebuild.drop())


def test_the_report_stays_what_it_was_whichever_version_serves(loaded: Product) -> None:
    before = loaded.report()
    built = loaded.cli("projection", "rebuild", "reporting.match", "--format", "json")
    assert '{"progress": "reporting.match", "done":' in built.stderr
    assert all(table["digest"] == table["rebuilt_digest"] for table in json.loads(built.stdout)["tables"])
    loaded.cli("projection", "swap", "reporting.match")
    listed = {each["name"]: each for each in loaded.json("projection", "list", "--format", "json")["items"]}
    assert listed["reporting.match"]["serving"] == 2
    assert listed["reporting.match"]["beside"]["state"] == "previous"
    assert loaded.report() == before
    loaded.cli("projection", "rollback", "reporting.match")
    loaded.cli("projection", "drop", "reporting.match")
    assert loaded.report() == before


def test_what_cannot_be_done_is_said_with_what_can(fresh: Product) -> None:
    refused = fresh.cli("projection", "rebuild", "reporting.sums", ok=False)
    assert (refused.returncode, "has no read model 'sums'" in refused.stderr) == (1, True)
    refused = fresh.cli("projection", "rebuild", "match", ok=False)
    assert "there are registry.divisions, registry.women" in refused.stderr
    refused = fresh.cli("projection", "swap", "reporting.match", ok=False)
    assert "[projection.no_version]" in refused.stderr


def test_a_rebuild_that_is_stopped_by_ctrl_c_goes_on_at_the_next_call(loaded: Product) -> None:
    process = loaded.spawn("projection", "rebuild", "reporting.match")
    deadline = time.monotonic() + 30
    while not loaded.json("projection", "list", "--format", "json")["items"][-1]["beside"]:
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode in {0, 130, -signal.SIGINT}, said  # the last: Python itself had already ended its work
    assert loaded.json("projection", "rebuild", "reporting.match", "--format", "json")["equal"]
    loaded.cli("projection", "drop", "reporting.match")
