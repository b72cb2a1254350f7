"""One loaded product for the tests that only read; a fresh folder for each that kills."""

from collections.abc import Iterator
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
    path = tmp_path_factory.mktemp("empty") / "data"
    with product(path) as made:
        made.start()
        made.stop()
    return path


@pytest.fixture
def fresh(empty: Path, tmp_path: Path) -> Iterator[Product]:
    """A product without data that is not running."""
    copy(empty, tmp_path / "data")
    with product(tmp_path / "data") as made:
        yield made


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A running product with the sample county; tests must leave its figures as they are."""
    with product(tmp_path_factory.mktemp("loaded") / "data") as made:
        made.start()
        made.load()
        yield made
