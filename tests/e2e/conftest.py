"""One loaded product for the tests that only read; a fresh folder for each that kills."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.product import Product, product


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Product]:
    """A product that has not been started yet."""
    with product(tmp_path / "data") as made:
        yield made


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A running product with the sample county; tests must leave its figures as they are."""
    with product(tmp_path_factory.mktemp("loaded") / "data") as made:
        made.start()
        made.load()
        yield made
