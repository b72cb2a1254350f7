"""Versions of a state by recorded number."""

from services.reporting.domain.versions import OPEN, Version, Versions


def test_a_new_value_closes_the_stored_one_and_opens_another() -> None:
    versions = Versions({"a": Version(1, "old")})
    versions.settle("a", "new", 5)
    assert versions.closed == [("a", 1, 5)]
    assert versions.opened == [("a", Version(5, "new", OPEN))]


def test_the_same_value_changes_nothing() -> None:
    versions = Versions({"a": Version(1, "old")})
    versions.settle("a", "old", 5)
    assert (versions.closed, versions.opened) == ([], [])


def test_a_value_replaced_within_the_batch_is_kept_for_its_numbers() -> None:
    versions: Versions[str, str] = Versions({})
    versions.settle("a", "first", 5)
    versions.settle("a", None, 7)
    assert (versions.closed, versions.opened) == ([], [("a", Version(5, "first", 7))])


def test_a_value_replaced_at_its_own_number_never_held() -> None:
    versions: Versions[str, str] = Versions({})
    versions.settle("a", "first", 5)
    versions.settle("a", "second", 5)
    assert versions.opened == [("a", Version(5, "second"))]
