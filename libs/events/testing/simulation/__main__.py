"""`python -m libs.events.testing.simulation --seed 7` replays a run with its trace, `--seeds 1-1000` runs many."""

import argparse
import sys
from collections import Counter

from libs.events.testing.simulation.run import Outcome, run


def main(arguments: list[str] | None = None) -> int:
    """0 when every guarantee held in every run."""
    parser = argparse.ArgumentParser(prog="python -m libs.events.testing.simulation", description=__doc__)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--seed", type=int, help="run this seed and print the whole trace")
    chosen.add_argument("--seeds", type=_range, metavar="FIRST-LAST", help="run these, print what fails and a summary")
    given = parser.parse_args(arguments)
    if given.seed is not None:
        return _replay(run(given.seed))
    return _many(given.seeds)


def _replay(outcome: Outcome) -> int:
    say = sys.stdout.write
    for line in outcome.trace.last():
        say(f"{line}\n")
    say(f"faults: {outcome.faults}\n")
    say("".join(f"violated: {each}\n" for each in outcome.violations) or "every guarantee held\n")
    say(f"fingerprint: {outcome.fingerprint}\n")
    return 1 if outcome.violations else 0


def _many(seeds: range) -> int:
    say, sums, failed = sys.stdout.write, Counter[str](), 0
    for seed in seeds:
        outcome = run(seed)
        sums.update(outcome.counts)
        if outcome.violations:
            failed += 1
            say(f"{outcome}\n\n")
            sys.stdout.flush()
    counted = ", ".join(f"{count:,} {what}" for what, count in sums.items())
    say(f"{len(seeds)} seeds, {failed} failed; {counted}\n")
    return 1 if failed else 0


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    sys.exit(main())
