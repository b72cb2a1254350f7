"""Products to test: folders that are prepared once for the whole run and copied, and one that tests only read."""

import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.product import Product, copy, product


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Product]:
    """A product on a folder that does not exist yet."""
    with product(tmp_path / "data") as made:
        yield made


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was started and stopped once, to copy from: making one takes longer than most tests."""
    return _once(tmp_path_factory, "empty", lambda made: None)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped folder with the sample county, to copy from."""
    return _once(tmp_path_factory, "filled", Product.load)


@pytest.fixture
def fresh(empty: Path, tmp_path: Path) -> Iterator[Product]:
    """A product without data that is not running."""
    copy(empty, tmp_path / "data")
    with product(tmp_path / "data") as made:
        yield made


@pytest.fixture
def county(filled: Path, tmp_path: Path) -> Iterator[Product]:
    """A running product with the sample county, of this test alone."""
    copy(filled, tmp_path / "data")
    with product(tmp_path / "data") as made:
        made.start()
        yield made


@pytest.fixture(scope="session")
def loaded(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A running product with the sample county; tests must leave its figures as they are."""
    path = tmp_path_factory.mktemp("loaded") / "data"
    copy(filled, path)
    with product(path) as made:
        made.start()
        yield made


def _once(factory: pytest.TempPathFactory, name: str, fill: Callable[[Product], None]) -> Path:
    """A stopped folder that the first process of the run to ask makes, whatever the others do meanwhile."""
    own = factory.getbasetemp()
    shared = own.parent if own.name.startswith("popen-") else own  # the workers of xdist each have a folder in one
    path = shared / name / "data"
    path.parent.mkdir(exist_ok=True)
    with (path.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = path.parent / "done"
        if not done.exists():
            with product(path) as made:
                made.start()
                fill(made)
                made.stop()
            done.touch()
    return path
