"""The log of a running installation: JSON lines in the data folder, a few files of limited size."""

import io
from pathlib import Path

LIMIT = 10 << 20
KEEP = 3


class LogFile(io.TextIOBase):
    """A text stream that begins a new file when the present one is full: jinguo.log, jinguo.log.1, …"""

    def __init__(self, path: Path, limit: int = LIMIT, keep: int = KEEP) -> None:
        """The folder exists; the file is made for its owner only."""
        self._path = path
        self._limit = limit
        self._keep = keep
        self._file = self._open()

    def write(self, text: str) -> int:
        """Append; called by one logging handler, which holds its lock."""
        if self._file.tell() > self._limit:
            self._file.close()
            self._shift()
            self._file = self._open()
        return self._file.write(text)

    def flush(self) -> None:
        """Hand everything to the operating system."""
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def _open(self) -> io.TextIOWrapper:
        self._path.touch(mode=0o600, exist_ok=True)
        return self._path.open("a", encoding="utf-8")

    def _shift(self) -> None:
        for number in range(self._keep - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
