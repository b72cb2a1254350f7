"""The owner of the data folder: the one who runs `jinguo` on the machine and could read its database anyway.

The principal exists only in the token of the folder (0600) and in what the command line does itself; it names the
account of the operating system, so that every use can be traced to it.
"""

import os

from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.values.division import NATION


def owner() -> Principal:
    """The owner with every scope for the whole country; `sub` ends in the user id of this process."""
    return Principal(f"owner:{os.getuid()}", "命令行", "owner", NATION, scopes_of("owner"))
