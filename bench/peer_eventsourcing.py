"""The peer `eventsourcing` (Python) as its documentation sets it up on PostgreSQL: default mode, psycopg, threads.

Its default takes an exclusive table lock for each append, which keeps its notification numbers in the order of commits.
The faster mode with database functions is left out: its subscribers lose events under several writers.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import ApplicationSubscription, Projection, ProjectionRunner
from eventsourcing.utils import get_topic

from bench.disks import Server
from bench.rounds import Sample, threads

STATE = b'{"stream":"01930000-0000-7000-8000-000000000000","n":1}'
PAGE = 1_000
LIMIT = 120.0


class Notes(Aggregate):
    """Counts notes, as our decider does."""

    @event("Opened")
    def __init__(self) -> None:
        self.n = 1

    @event("Noted")
    def note(self) -> None:
        """One more."""
        self.n += 1


class NotesApplication(Application[UUID]):
    """Their application over it."""


def environment(server: Server, database: str, clients: int) -> dict[str, str]:
    """Their settings: one connection for each client, and one more for a subscription."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": database,
        "POSTGRES_HOST": server.socket_folder,
        "POSTGRES_PORT": "5432",
        "POSTGRES_USER": "postgres",
        "POSTGRES_PASSWORD": "none",
        "POSTGRES_POOL_SIZE": str(clients + 1),
        "POSTGRES_MAX_OVERFLOW": "0",
    }


@contextmanager
def recorder(server: Server, database: str, clients: int) -> Iterator[PostgresApplicationRecorder]:
    """Their recorder alone: no aggregate, no serialisation."""
    with PostgresDatastore(database, server.socket_folder, 5432, "postgres", "none", pool_size=clients) as datastore:
        made = PostgresApplicationRecorder(datastore)
        made.create_table()
        yield made


async def append(made: PostgresApplicationRecorder, clients: int, seconds: float, size: int = 1) -> Sample:
    """Ready bytes to a new stream: the least that an append of theirs can be; counted in events."""

    def once() -> None:
        originator = uuid4()
        made.insert_events([StoredEvent(originator, version, "noted", STATE) for version in range(1, size + 1)])

    sample = await threads(clients, seconds, once)
    return Sample(sample.rate * size, sample.waits)


@contextmanager
def application(server: Server, database: str, clients: int) -> Iterator[NotesApplication]:
    """Their application, closed at the end."""
    app = NotesApplication(env=environment(server, database, clients))
    try:
        yield app
    finally:
        app.close()


async def commands(app: NotesApplication, clients: int, seconds: float, streams: int) -> Sample:
    """Load the aggregate, trigger an event, save. They keep no key and no answer, so this is less work than ours."""
    fresh = [Notes() for _ in range(streams)]
    app.save(*fresh)
    turn, lock = cycle([each.id for each in fresh]), threading.Lock()

    def once() -> None:
        with lock:
            following = next(turn)
        notes: Notes = app.repository.get(following)
        notes.note()
        app.save(notes)

    return await threads(clients, seconds, once)


def fill(app: NotesApplication, events: int, per_stream: int) -> None:
    """Write a past of this size, through their own serialisation."""
    per_save = 1_000 // per_stream
    for _ in range(events // per_stream // per_save):
        made = [Notes() for _ in range(per_save)]
        for notes in made:
            for _ in range(per_stream - 1):
                notes.note()
        app.save(*made)


def read_all(app: NotesApplication) -> Sample:
    """Every notification in pages, as domain events."""
    began, after, count = time.perf_counter(), 0, 0
    while True:
        page = app.recorder.select_notifications(after, PAGE, inclusive_of_start=False)
        for notification in page:
            app.mapper.to_domain_event(notification)
        count += len(page)
        if len(page) < PAGE:
            return Sample(count / (time.perf_counter() - began))
        after = page[-1].id


def subscribe_all(app: NotesApplication, events: int) -> Sample:
    """The same by its subscription, which its projections read through: pages of 500, pulled by a thread."""
    began, count = time.perf_counter(), 0
    with ApplicationSubscription(app, gt=0) as subscription:
        for _event, _tracking in subscription:
            count += 1
            if count == events:
                break
    return Sample(count / (time.perf_counter() - began))


class TallyView(PostgresTrackingRecorder):
    """A tally for each stream, written in the transaction that moves the position: what they recommend."""

    UPSERT = """
        INSERT INTO tally (stream, count, total) VALUES (%s, 1, %s)
        ON CONFLICT (stream) DO UPDATE SET count = tally.count + 1, total = tally.total + excluded.total"""

    def _create_table(self, curs: Any) -> None:
        super()._create_table(curs)
        curs.execute("CREATE TABLE IF NOT EXISTS tally (stream uuid PRIMARY KEY, count int, total bigint)")

    def tally(self, stream: UUID, n: int, tracking: Tracking) -> None:
        """One event."""
        with self.datastore.transaction(commit=True) as curs:
            self._insert_tracking(curs, tracking)
            curs.execute(self.UPSERT, (stream, n), prepare=True)

    def forget(self) -> None:
        """Begin anew; the mark of their own migration stays, without which they rename the table a second time."""
        with self.datastore.transaction(commit=True) as curs:
            curs.execute("TRUNCATE tally")
            kept = (self.table_migration_identifier,)
            curs.execute(f"DELETE FROM {self.tracking_table_name} WHERE application_name <> %s", kept)


class TallyProjection(Projection[TallyView]):
    """Hands each event to the view and tells the bench."""

    name = "tally"
    topics = (get_topic(Notes.Opened), get_topic(Notes.Noted))  # type: ignore[attr-defined]
    told: Callable[[Any, int], None] = staticmethod(lambda _event, _number: None)

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """One event, one transaction."""
        self.view.tally(domain_event.originator_id, domain_event.originator_version, tracking)
        type(self).told(domain_event, tracking.notification_id)


def runner(env: dict[str, str]) -> ProjectionRunner[NotesApplication, TallyView]:
    """Their projection runner: a subscription woken by NOTIFY, a thread that pulls pages, one that processes."""
    return ProjectionRunner(
        application_class=NotesApplication, projection_class=TallyProjection, view_class=TallyView, env=env
    )


def project(env: dict[str, str], events: int) -> Sample:
    """From nothing to `events` events; the runner is stopped behind them."""
    reached = threading.Event()
    TallyProjection.told = staticmethod(lambda _event, number: reached.set() if number >= events else None)
    began = time.perf_counter()
    with runner(env) as running:
        assert reached.wait(LIMIT), "the peer's projection did not arrive"
        seconds = time.perf_counter() - began
        running.stop()
        view = running.projection.view
    view.forget()
    return Sample(events / seconds)
