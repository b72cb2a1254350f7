"""`jinguo up`: one process that owns the folder, its PostgreSQL and every service, from the first line to Ctrl-C."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, TextIO, cast

import asyncpg
import uvicorn
import uvloop

from jinguo.databases import create_missing
from jinguo.demo.load import load_demo
from jinguo.folder import DataFolder, Running, write_private
from jinguo.house import House
from jinguo.logfile import LogFile
from jinguo.nightly import run_nightly
from jinguo.postgres import EmbeddedPostgres
from jinguo.supervisor import keep_running
from libs.events import collector
from libs.events.kafka import Kafka
from libs.events.restore import RestoredElsewhere
from libs.service.clock import system_clock
from libs.service.exporting import Telemetry, telemetry
from libs.service.logs import configure_logs
from libs.service.transport import kafka_from
from libs.values.errors import Conflict, Unavailable

Say = Callable[[str], None]

_HOST = "127.0.0.1"
_GRACE = 5  # seconds open requests get at the end
_TOKEN_EVERY = 3600.0
_LOOK_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line and the environment say; without `kafka` the services read each other's tables."""

    folder: DataFolder
    port: int = 8000
    demo: bool = False
    kafka: Kafka | None = None


def run(options: Options, say: Say) -> None:
    """Run until told to stop; everything that was started is stopped again, whatever happens."""
    folder, options = options.folder, replace(options, kafka=kafka_from(os.environ))
    with (
        folder.owned(),
        _listening(options.port) as listener,
        LogFile(folder.log_file) as log,
        telemetry("jinguo", os.environ, system_clock) as told,
    ):
        configure_logs(stream=cast("TextIO", log))
        say(f"Starting jinguo {version('jinguo')} on {folder.path.resolve()} …")
        server = EmbeddedPostgres(folder.postgres)
        try:
            _start_postgres(server, say)
            uvloop.run(_serve(options, server, listener, told, say))
        except RestoredElsewhere as error:
            raise Conflict("data.copied", f"{error}.") from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            message = f"PostgreSQL went away or refused ({type(error).__name__}); see {server.log_file}, start again."
            raise Unavailable("postgres.lost", message) from error
        finally:
            folder.say_stopped()
            server.stop()
        say("Stopped; nothing is lost.")


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, port))
        except OSError:
            message = f"Port {port} is taken by another program: name another one, for example --port {port + 1}."
            raise Conflict("port.taken", message, field="--port") from None
        yield listener


def _start_postgres(server: EmbeddedPostgres, say: Say) -> None:
    """Start it, or adopt the one a killed jinguo left behind; one that does not answer is replaced."""
    if server.start():
        return
    if asyncio.run(server.answers()):
        say(f"Took over the PostgreSQL that was left running (process {server.pid()}).")
        return
    say("The PostgreSQL that was left running does not answer: it is started again.")
    server.stop()
    server.start()


async def _serve(
    options: Options, server: EmbeddedPostgres, listener: socket.socket, told: Telemetry, say: Say
) -> None:
    await create_missing(server)
    async with House.open(options.folder, server.dsn, told.instruments, options.kafka) as house:
        web = _Web(house.app)
        url = f"http://{_HOST}:{listener.getsockname()[1]}"
        async with _beside(
            keep_running(server),
            run_nightly(options.folder, system_clock),
            _keep_token(options.folder, house),
        ):
            serving = asyncio.create_task(web.serve(sockets=[listener]))
            with _stop_signals(web):
                await web.ready(serving)
                collector.settled()
                _announce(options.folder, url, house, say)
                if told.metrics_url:
                    say(f"Metrics for Prometheus: {told.metrics_url}")
                if options.demo:
                    await _demo(options.folder, url, house, web, say)
                await web.told_to_stop(serving)
                say("Stopping …")
                await house.stop_jobs()
                await serving


async def _demo(folder: DataFolder, url: str, house: House, web: "_Web", say: Say) -> None:
    """Load the demo beside the running server; Ctrl-C meanwhile stops it, and the next start goes on."""
    loading = asyncio.create_task(asyncio.to_thread(load_demo, folder, url, house.command_line_token(), say))
    stopping = asyncio.create_task(web.stopping.wait())
    await asyncio.wait({loading, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if loading.done():
        loading.result()


def _announce(folder: DataFolder, url: str, house: House, say: Say) -> None:
    write_private(folder.token_file, house.command_line_token().encode())
    folder.say_running(Running(url, os.getpid(), version("jinguo"), system_clock().isoformat()))
    say(f"jinguo is ready: {url}")
    if house.first_password is not None:
        say(f"Sign in as `{house.admin}` with the one-time password: {house.first_password}")
        say("It is shown only now; the page asks for a new one at the first sign-in.")
        say("This is the security administrator: it makes everybody's accounts and sees no woman's data.")
    say(f"Ctrl-C stops it. Its log: {folder.log_file}")


async def _keep_token(folder: DataFolder, house: House) -> None:
    """The command line's token stays good for as long as the server runs, also when its key is taken away."""
    loop = asyncio.get_running_loop()
    written, key = loop.time(), house.signing_key_id
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        if loop.time() - written >= _TOKEN_EVERY or key != house.signing_key_id:
            written, key = loop.time(), house.signing_key_id
            write_private(folder.token_file, house.command_line_token().encode())


@asynccontextmanager
async def _beside(*works: Any) -> AsyncIterator[None]:
    """Run the works in the background and cancel them at the end."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Web(uvicorn.Server):
    """uvicorn whose signals are ours: it would otherwise end the process before PostgreSQL is stopped."""

    def __init__(self, app: Any) -> None:
        self.stopping = asyncio.Event()
        super().__init__(
            uvicorn.Config(
                app,
                loop="none",
                http="httptools",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_GRACE,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: see `_stop_signals`."""
        yield

    def stop(self) -> None:
        """Asked once: finish what is open. Asked again: at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self.stopping.set()

    async def ready(self, serving: "asyncio.Task[None]") -> None:
        """Wait until it accepts connections."""
        while not self.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)

    async def told_to_stop(self, serving: "asyncio.Task[None]") -> None:
        """Wait for the signal, or for the server's own end."""
        stopping = asyncio.create_task(self.stopping.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()


@contextlib.contextmanager
def _stop_signals(web: _Web) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, web.stop)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
