"""The bench can be believed: rounds alternate, ratios are taken within a round, and a missed goal is told."""

from pathlib import Path

from bench.compare import BEGIN, END, written
from bench.results import Figure, Outcome
from bench.rounds import OURS, PEER, Comparison, Round, Sample, alternate

ABOUT = {
    "date": "2016-05-03",
    "command": "python -m bench.compare",
    "machine": "a machine",
    "system": "Linux",
    "load": 0.1,
    "postgresql": "18",
    "python": "3.11",
    "packages": {"asyncpg": "1"},
    "scale": {"rounds": 3, "seconds": 1.0, "events": 10},
}


def compared(*pairs: tuple[float, float], goal: float | None = None) -> Comparison:
    samples = {OURS: [Sample(ours, [0.001]) for ours, _ in pairs], PEER: [Sample(theirs) for _, theirs in pairs]}
    return Comparison("append", "quick", "events/s", samples, goal, {"emmett": "npm is not installed"})


async def test_contenders_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def contender(name: str) -> Round:
        async def once() -> Sample:
            order.append(name)
            return Sample(len(order))

        return once

    samples = await alternate({"a": contender("a"), "b": contender("b")}, 2)
    assert order == ["b", "a", "a", "b", "b", "a"]
    assert {name: [each.rate for each in found] for name, found in samples.items()} == {"a": [3, 6], "b": [4, 5]}


def test_a_ratio_is_the_median_of_the_ratios_within_rounds() -> None:
    noisy = compared((100, 10), (10, 1), (300, 100))  # the middle round had a busy neighbour
    assert noisy.ratio() == 10
    assert noisy.ratio("message-db") is None


def test_a_goal_that_is_missed_is_said_to_be() -> None:
    assert "SHORT" in compared((20, 10), goal=3).line()
    assert "ok" in compared((40, 10), goal=3).line()
    assert [Figure("lone", 60, "ms", 50, "<").reached, Figure("lone", 40, "ms", 50, "<").reached] == [False, True]
    assert Figure("lone", 60, "ms").reached is None


def test_a_missing_peer_is_named_once_with_the_reason() -> None:
    assert Outcome([compared((1, 1)), compared((2, 1))]).said() == ["emmett is left out: npm is not installed"]


def test_the_page_keeps_its_words_and_gets_new_tables(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    outcome = Outcome([compared((20, 10), goal=3)], [Figure("lone_p99", 12.34, "ms", 50, "<")])
    written({"about": ABOUT, "cases": {"append": outcome.as_json()}}, tmp_path)
    text = page.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| append, events/s | quick | 20 | 10 |" in text
    assert "2.0 × | ≥ 3 **short** | 1.0 / 1.0 / 1.0 |" in text
    assert "| lone_p99 | 12.3 ms | < 50 reached |" in text
    assert "- emmett is left out: npm is not installed" in text
    assert (tmp_path / "performance.json").exists()
