"""The backup of the night: at 02:00 local time, or soon after the start when the machine slept through it."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from jinguo.backup import backup_now
from jinguo.backups import newest
from jinguo.folder import DataFolder
from libs.events.types import Clock
from libs.values.errors import DomainError

LOCAL = ZoneInfo("Asia/Shanghai")
AT = time(2, 0)
AFTER_START = timedelta(minutes=5)
_LOOK_EVERY = 600.0  # seconds; so that a clock that was set, or a machine that slept, is noticed

_log = structlog.get_logger("jinguo.backup")


def due(last: datetime, started: datetime) -> datetime:
    """When the next backup is to run: the first 02:00 after the last one, but not in the first minutes."""
    local = last.astimezone(LOCAL)
    night = datetime.combine(local.date(), AT, LOCAL)
    if night <= local:
        night += timedelta(days=1)
    return max(night, started + AFTER_START)


async def run_nightly(folder: DataFolder, clock: Clock) -> None:
    """Back up every night until cancelled; a failure is logged and tried again an hour later."""
    started = clock()
    not_before = started
    while True:
        now = clock()
        if now >= max(due(_last(folder), started), not_before):
            try:
                made = await asyncio.to_thread(backup_now, folder, None, now)
                _log.info("backup.made", size=made.file.stat().st_size)
            except (DomainError, OSError) as error:
                _log.error("backup.failed", kind=type(error).__name__)
                not_before = now + timedelta(hours=1)
        await asyncio.sleep(_LOOK_EVERY)


def _last(folder: DataFolder) -> datetime:
    """Time of the newest backup; of the installation when there is none."""
    file = newest(folder) or folder.postgres / "PG_VERSION"
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
