"""Where backups lie and which is the newest; light, so that the doctor need not load the programs that make them."""

from pathlib import Path

from jinguo.folder import DataFolder

SUFFIX = ".backup"
KEYS_SUFFIX = ".keys"


def made(folder: DataFolder) -> list[Path]:
    """The backups in the folder's own place, oldest first."""
    return by_age(folder, SUFFIX)


def by_age(folder: DataFolder, suffix: str) -> list[Path]:
    """The files of one kind, oldest first."""
    return sorted(folder.backups.glob(f"*{suffix}"), key=lambda file: (file.stat().st_mtime, file.name))


def newest(folder: DataFolder) -> Path | None:
    """The newest backup, or None."""
    files = made(folder)
    return files[-1] if files else None
