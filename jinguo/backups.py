"""Where backups lie and which is the newest; light, so that the doctor need not load the programs that make them."""

from pathlib import Path

from jinguo.folder import DataFolder

SUFFIX = ".backup"
KEYS_SUFFIX = ".keys"


def made(folder: DataFolder) -> list[Path]:
    """The backups in the folder's own place, oldest first; their names are their times."""
    return sorted(folder.backups.glob(f"*{SUFFIX}"))


def newest(folder: DataFolder) -> Path | None:
    """The newest backup, or None."""
    files = made(folder)
    return files[-1] if files else None
