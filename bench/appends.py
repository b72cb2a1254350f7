"""Appends and whole commands beside the peers: 1, 8 and 32 clients, batches, quick and slow disk."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

from bench import peer_eventsourcing as theirs
from bench.disks import DISKS, QUICK, SLOW, Server, server
from bench.ours import ours
from bench.peer_emmett import Emmett, emmett
from bench.peer_message_db import message_db
from bench.results import Outcome, printed
from bench.rounds import OURS, PEER, Comparison, Round, alternate
from bench.scale import SCALE

CLIENTS = (1, 8, 32)
BATCHES = (10, 100, 1_000)
STREAMS = 256
APPEND_GOALS = {(1, QUICK): 3.0, (8, QUICK): 5.0, (32, SLOW): 20.0}
COMMAND_GOALS = {(8, QUICK): 3.0}
BATCH_GOALS = {(1_000, QUICK): 2.0}
Compare = Callable[[Server, str, int, float | None], Awaitable[Comparison]]


async def _each(
    counts: Sequence[int], compare: Compare, goals: Mapping[tuple[int, str], float], disks: Collection[str] = DISKS
) -> Outcome:
    """A comparison on each disk with each count of clients or events; goals by count and disk."""
    async with server() as running:
        return Outcome(
            [await compare(running, disk, count, goals.get((count, disk))) for disk in disks for count in counts]
        )


async def append() -> Outcome:
    """One event to a new stream."""
    return await _each(CLIENTS, _append, APPEND_GOALS)


async def _append(running: Server, disk: str, clients: int, goal: float | None) -> Comparison:
    left_out: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        mine = await stack.enter_async_context(ours(running, disk, clients))
        recorder = stack.enter_context(theirs.recorder(running, await running.database("theirs", disk), clients))
        contenders: dict[str, Round] = {
            OURS: partial(mine.append, clients, SCALE.seconds),
            PEER: partial(theirs.append, recorder, clients, SCALE.seconds),
        }
        node = await _node(stack, running, disk, clients, left_out)
        if node is not None:
            contenders["emmett"] = partial(node.append, clients, SCALE.seconds)
        writer = await stack.enter_async_context(message_db(running, disk, clients, left_out))
        if writer is not None:
            contenders["message-db"] = partial(writer.append, clients, SCALE.seconds)
        samples = await alternate(contenders, SCALE.rounds)
    return Comparison(f"append, {_clients(clients)}", disk, "events/s", samples, goal, left_out)


async def command() -> Outcome:
    """Load, decide, append to a stream that is there; ours with key and stored answer."""
    return await _each(CLIENTS, _command, COMMAND_GOALS)


async def _command(running: Server, disk: str, clients: int, goal: float | None) -> Comparison:
    left_out: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        mine = await stack.enter_async_context(ours(running, disk, clients))
        app = stack.enter_context(theirs.application(running, await running.database("theirs", disk), clients))
        contenders: dict[str, Round] = {
            OURS: partial(mine.commands, clients, SCALE.seconds, STREAMS),
            PEER: partial(theirs.commands, app, clients, SCALE.seconds, STREAMS),
        }
        node = await _node(stack, running, disk, clients, left_out)
        if node is not None:
            contenders["emmett"] = partial(node.commands, clients, SCALE.seconds, STREAMS)
        samples = await alternate(contenders, SCALE.rounds)
    return Comparison(f"command, {_clients(clients)}", disk, "commands/s", samples, goal, left_out)


async def batch() -> Outcome:
    """One client appends many events to one new stream at once."""
    return await _each(BATCHES, _batch, BATCH_GOALS, (QUICK,))


async def _batch(running: Server, disk: str, size: int, goal: float | None) -> Comparison:
    left_out: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        mine = await stack.enter_async_context(ours(running, disk))
        recorder = stack.enter_context(theirs.recorder(running, await running.database("theirs", disk), 1))
        contenders: dict[str, Round] = {
            OURS: partial(mine.append_batches, size, SCALE.seconds),
            PEER: partial(theirs.append, recorder, 1, SCALE.seconds, size),
        }
        node = await _node(stack, running, disk, 1, left_out)
        if node is not None:
            contenders["emmett"] = partial(node.append, 1, SCALE.seconds, size)
        samples = await alternate(contenders, SCALE.rounds)
    return Comparison(f"append in batches of {size:,}", disk, "events/s", samples, goal, left_out)


async def _node(
    stack: AsyncExitStack, running: Server, disk: str, clients: int, left_out: dict[str, str]
) -> Emmett | None:
    return await stack.enter_async_context(emmett(running, disk, clients, left_out))


def _clients(count: int) -> str:
    return f"{count} client{'s' if count > 1 else ''}"


COMPARISONS = {"peers_append": append, "peers_command": command, "peers_batch": batch}
CASES = {name: printed(case) for name, case in COMPARISONS.items()}
