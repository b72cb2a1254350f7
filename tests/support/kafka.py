"""A real Kafka broker for the tests: the one named, else Docker's, else one on this machine whose jars Maven gets."""

import asyncio
import base64
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from libs.events.kafka import Kafka
from tests.support.cached import cached
from tests.support.certificates import authority, key_store
from tests.support.postgres import docker_answers

VARIABLE = "JINGUO_TEST_KAFKA"
RECIPE = Path(__file__).resolve().parents[2] / "deploy" / "kafka-local"
START_LIMIT = 180.0  # seconds, on a machine however busy
FETCH_LIMIT = 600
HEAP = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"


class NoKafka(Exception):
    """No broker can be had here; the message says why."""


class Broker:
    """Where a broker listens. Only one started here can be disturbed."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap


class LocalBroker(Broker):
    """A broker process of this run; it keeps its ports and its data over restarts.

    `signed_in`: its other listener, over TLS and with an account, as the product would be set to use it.
    """

    def __init__(self, jars: Path, folder: Path) -> None:
        self._port, controller, secure = _free_ports(3)
        super().__init__(f"127.0.0.1:{self._port}")
        self._jars, self._log = jars, folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = folder / "server.properties"
        signer = authority(folder, "authority")
        self.signed_in = Kafka(
            f"127.0.0.1:{secure}",
            security="SASL_SSL",
            user="jinguo",
            password=secrets.token_hex(16),
            ca_file=signer.file,
        )
        self._format(broker=self._port, controller=controller, secure=secure, keystore=key_store(folder, signer))

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers; raises NoKafka with the end of its log."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._java(), "kafka.Kafka", str(self._properties)], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        with ThreadPoolExecutor(1) as thread:  # a test that restarts it has a loop of its own here
            thread.submit(asyncio.run, self._ready()).result()

    def kill(self) -> None:
        """SIGKILL; nothing happens when it is dead."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def mend(self) -> None:
        """Let it run again, whatever was done to it."""
        if self._process is not None and self._process.poll() is None:
            self.thaw()
        else:
            self.start()

    def _format(self, **values: object) -> None:
        """Fill in the recipe and make the storage, with the account for SCRAM in it."""
        user, password = self.signed_in.user, self.signed_in.password
        recipe = (RECIPE / "server.properties").read_text()
        values |= {"data": self._properties.parent / "data", "user": user, "password": password}
        for name, value in values.items():
            recipe = recipe.replace(f"{{{name}}}", str(value))
        self._properties.write_text(recipe)
        account = f"SCRAM-SHA-512=[name={user},password={password}]"
        more = ("-t", _cluster_id(), "-c", str(self._properties), "--add-scram", account)
        self._run("kafka.tools.StorageTool", "format", *more)

    def _java(self) -> list[str]:
        return ["java", *HEAP, QUIET, "-cp", f"{self._jars}/*"]

    def _run(self, *command: str) -> None:
        done = subprocess.run([*self._java(), *command], capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise NoKafka(f"{command[0]} failed: {done.stderr[-2000:]}")

    async def _ready(self) -> None:
        deadline = time.monotonic() + START_LIMIT
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                return await answers(self.bootstrap)
            except (KafkaError, OSError, TimeoutError) as error:
                if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                    raise NoKafka(f"the broker does not answer: {error}; {self._log.read_text()[-2000:]}") from error
                await asyncio.sleep(0.1)


async def answers(bootstrap: str) -> None:
    """ApiVersions and Metadata, asked by the client that the product uses."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2_000)
    try:
        await admin.start()
        await admin.describe_cluster()
    finally:
        await admin.close()


@contextmanager
def broker() -> Iterator[Broker]:
    """A broker for this run; raises NoKafka."""
    named = os.environ.get(VARIABLE)
    if named:
        yield Broker(named)
    elif docker_answers():
        with _container() as bootstrap:
            yield Broker(bootstrap)
    else:
        with local() as made:
            yield made


@contextmanager
def local() -> Iterator[LocalBroker]:
    """A broker on this machine in a folder of its own."""
    jars = _jars()
    with tempfile.TemporaryDirectory(prefix="jinguo-kafka-", ignore_cleanup_errors=True) as folder:
        made = LocalBroker(jars, Path(folder))
        try:
            made.start()
            yield made
        finally:
            made.kill()  # its folder goes, too; a slow goodbye helps nobody


@contextmanager
def _container() -> Iterator[str]:
    from testcontainers.kafka import KafkaContainer

    with KafkaContainer().with_kraft() as container:
        yield container.get_bootstrap_server()


def _jars() -> Path:
    """The broker's jars in the user's cache, fetched once for each version of the recipe."""
    missing = [program for program in ("java", "mvn") if shutil.which(program) is None]
    if missing:
        raise NoKafka(f"{VARIABLE} is not set, no Docker answers, and {' and '.join(missing)} is not installed")
    recipe = hashlib.sha256((RECIPE / "pom.xml").read_bytes()).hexdigest()[:16]
    return cached(f"kafka-{recipe}", _fetch)


def _fetch(work: Path) -> Path:
    shutil.copy(RECIPE / "pom.xml", work)
    options = ("-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib", "-DincludeScope=runtime")
    done = subprocess.run(["mvn", *options], cwd=work, capture_output=True, text=True, check=False, timeout=FETCH_LIMIT)
    if done.returncode:
        raise NoKafka(f"Maven could not get the broker: {(done.stdout + done.stderr)[-2000:]}")
    return work / "lib"


def _free_ports(count: int) -> list[int]:
    with ExitStack() as open_:
        sockets = [open_.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _cluster_id() -> str:
    text = "-"
    while text.startswith("-"):
        text = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    return text
