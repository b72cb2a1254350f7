"""Style sheets and scripts: served under a name with a hash of their content, so a browser keeps them for ever."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.responses import PlainTextResponse, Response

FOLDER = Path(__file__).parent / "static"
_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


@dataclass(frozen=True)
class Asset:
    """A file as it is, pressed, and the hash it is named by."""

    content: bytes
    pressed: bytes
    digest: str


class Assets:
    """Our own files, and those of packages where `make setup` could fetch them."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Reads and presses all files once."""
        files = [path for path in folder.rglob("*") if path.suffix in _TYPES]
        self._files = {path.relative_to(folder).as_posix(): _asset(path.read_bytes()) for path in files}

    def url(self, name: str) -> str | None:
        """Address of a file; None when it was not fetched, and then the page does without."""
        known = self._files.get(name)
        return f"/static/{known.digest}/{name}" if known else None

    def answer(self, digest: str, name: str, accept_encoding: str = "") -> Response:
        """The file, if it is the one the page named."""
        known = self._files.get(name)
        if known is None or known.digest != digest:
            return PlainTextResponse("404", 404)
        kind = _TYPES[Path(name).suffix]
        if "gzip" in accept_encoding:
            return Response(known.pressed, media_type=kind, headers={**_FOREVER, "Content-Encoding": "gzip"})
        return Response(known.content, media_type=kind, headers=_FOREVER)


def _asset(content: bytes) -> Asset:
    return Asset(content, gzip.compress(content, 9, mtime=0), hashlib.sha256(content).hexdigest()[:12])
