"""The vault in memory passes the suite of every vault."""

import pytest

from libs.events.testing.vault_suite import VaultSuite
from libs.events.vault import MemoryVault


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


class TestMemoryVault(VaultSuite):
    """Keys in memory."""
