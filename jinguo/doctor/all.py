"""All checks in the order a person mends things: folder, PostgreSQL, server, readers."""

from datetime import UTC, datetime

from jinguo.doctor.check import Check
from jinguo.doctor.database import database_checks
from jinguo.doctor.folder import folder_checks
from jinguo.doctor.server import server_checks
from jinguo.folder import DataFolder


def examine(folder: DataFolder, port: int) -> list[Check]:
    """Run every check; none of them changes anything."""
    now = datetime.now(UTC)  # noqa: TID251 - a composition root
    checks = list(folder_checks(folder, now))
    if folder.path.is_dir():
        checks += database_checks(folder)
    return [*checks, *server_checks(folder, port)]
