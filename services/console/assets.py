"""Style sheets and scripts: served under a name with a hash of their content, so a browser keeps them for ever."""

import hashlib
from pathlib import Path
from typing import Final

from starlette.responses import PlainTextResponse, Response

FOLDER = Path(__file__).parent / "static"
PACKAGED: Final = ("vendor/bootstrap.min.css", "vendor/htmx.min.js")
"""Of other people; the pages are plainer where `make setup` could not fetch them."""
_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


class Assets:
    """Our own files, and those of packages where `make setup` could fetch them."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Reads all files once."""
        files = [path for path in folder.rglob("*") if path.suffix in _TYPES]
        self._content = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
        self._hashes = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in self._content.items()}

    def url(self, name: str) -> str | None:
        """Address of a file; None when it was not fetched, and then the page does without."""
        known = self._hashes.get(name)
        return f"/static/{known}/{name}" if known else None

    def answer(self, digest: str, name: str) -> Response:
        """The file, if it is the one the page named."""
        if self._hashes.get(name) != digest:
            return PlainTextResponse("404", 404)
        return Response(self._content[name], media_type=_TYPES[Path(name).suffix], headers=_FOREVER)
