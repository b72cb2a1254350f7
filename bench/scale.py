"""How long and how often the comparisons measure; the defaults make all of them take less than ten minutes."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Read from BENCH_ROUNDS, BENCH_SECONDS and BENCH_EVENTS, so that a first look can be short."""

    rounds: int = int(os.environ.get("BENCH_ROUNDS", "5"))
    seconds: float = float(os.environ.get("BENCH_SECONDS", "0.7"))  # of one round of one contender
    events: int = int(os.environ.get("BENCH_EVENTS", "20000"))  # of the past that is read, projected and rebuilt


SCALE = Scale()
