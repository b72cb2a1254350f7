"""The world that is asked at random: that of the oracle."""

from tests.contract.oracle.conftest import known, there

__all__ = ["known", "there"]
