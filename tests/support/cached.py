"""What tests fetch once and keep in the user's cache: jars and servers that Maven gets."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def cached(name: str, fetch: Callable[[Path], Path]) -> Path:
    """The folder of this name; where it is not there yet, `fetch` fills one for work and gives the part to keep."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jinguo"
    found = cache / name
    if found.is_dir():
        return found
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as work:
        made = fetch(Path(work))
        try:
            made.rename(found)
        except OSError:
            if not found.is_dir():  # else another run was first
                raise
    return found
