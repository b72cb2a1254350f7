"""Kits for tests of services, shipped and public: given/when/then, golden files, contract suites, fakes."""

from libs.events.testing.given import given

__all__ = ["given"]
