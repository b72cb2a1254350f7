"""Loaded by nobody but the process that forks those of the tests, before anything else: it ends with the tests."""

from tests.support.ending import end_with_parent

end_with_parent()
