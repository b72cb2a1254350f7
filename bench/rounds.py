"""Contenders take turns: what a neighbour or a warm cache does to one round, it does to all of them."""

import asyncio
import statistics
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bench.figure import percentile

OURS = "jinguo"
PEER = "eventsourcing"  # the one that the goals are set against


@dataclass(frozen=True)
class Sample:
    """One round of one contender: how many a second, and how long single calls took, in seconds."""

    rate: float
    waits: list[float] = field(default_factory=list)


Round: TypeAlias = Callable[[], Awaitable[Sample]]


@dataclass(frozen=True)
class Comparison:
    """All rounds of one case; `goal` is the least ratio of ours to the peer's."""

    case: str
    disk: str
    unit: str
    samples: Mapping[str, list[Sample]]
    goal: float | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    def rate(self, contender: str) -> float:
        """Median of its rounds."""
        return statistics.median(sample.rate for sample in self.samples[contender])

    def waits(self, contender: str) -> dict[str, float]:
        """p50, p95 and p99 over all rounds, in milliseconds; empty where single calls were not timed."""
        waits = [wait for sample in self.samples[contender] for wait in sample.waits]
        return {f"p{percent}": percentile(waits, percent) * 1_000 for percent in (50, 95, 99)} if waits else {}

    def ratio(self, peer: str = PEER) -> float | None:
        """Median over the rounds of ours to the peer's in the same round."""
        if peer not in self.samples:
            return None
        pairs = zip(self.samples[OURS], self.samples[peer], strict=True)
        return statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)

    def as_json(self) -> dict[str, Any]:
        """Everything that a later reader may want to recompute."""
        contenders = {
            name: {"rounds": [sample.rate for sample in samples], "median": self.rate(name), "ms": self.waits(name)}
            for name, samples in self.samples.items()
        }
        ratios = {name: self.ratio(name) for name in self.samples if name != OURS}
        return {
            "case": self.case,
            "disk": self.disk,
            "unit": self.unit,
            "goal": self.goal,
            "contenders": contenders,
            "ratios": ratios,
            "left_out": dict(self.left_out),
        }

    def line(self) -> str:
        """As the other figures are printed."""
        ratio = self.ratio()
        rates = ", ".join(f"{name} {self.rate(name):,.0f}" for name in self.samples)
        verdict = ""
        if ratio is not None:
            verdict = f": {ratio:,.1f} × {PEER}"
        if ratio is not None and self.goal is not None:
            verdict += f" (goal ≥ {self.goal:g}) {'ok' if ratio >= self.goal else 'SHORT'}"
        return f"bench {self.case} [{self.disk} disk]{verdict}; {self.unit}: {rates}"


async def alternate(contenders: Mapping[str, Round], rounds: int) -> dict[str, list[Sample]]:
    """One round to warm up, then `rounds` that count; each second one in reverse order."""
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        names = list(contenders) if number % 2 else list(reversed(contenders))
        for name in names:
            sample = await contenders[name]()
            if number:
                samples[name].append(sample)
    return samples


async def tasks(clients: int, seconds: float, once: Callable[[], Awaitable[Any]]) -> Sample:
    """`clients` tasks of one event loop, each as fast as it is answered."""
    waits: list[float] = []
    began = time.perf_counter()

    async def client() -> None:
        while (at := time.perf_counter()) - began < seconds:
            await once()
            waits.append(time.perf_counter() - at)

    await asyncio.gather(*(client() for _ in range(clients)))
    return Sample(len(waits) / (time.perf_counter() - began), waits)


async def threads(clients: int, seconds: float, once: Callable[[], Any]) -> Sample:
    """The same by threads, for a synchronous contender."""
    waits: list[list[float]] = [[] for _ in range(clients)]
    together = threading.Barrier(clients + 1)
    began = 0.0

    def client(mine: list[float]) -> None:
        together.wait()
        while (at := time.perf_counter()) - began < seconds:
            once()
            mine.append(time.perf_counter() - at)

    def run() -> Sample:
        nonlocal began
        with ThreadPoolExecutor(clients) as pool:
            futures = [pool.submit(client, mine) for mine in waits]
            began = time.perf_counter()
            together.wait()
            for future in futures:
                future.result()
        done = [wait for mine in waits for wait in mine]
        return Sample(len(done) / (time.perf_counter() - began), done)

    return await asyncio.to_thread(run)
