"""Static files are small, named by their content, and kept for ever by browsers."""

import gzip
from pathlib import Path

from services.console.assets import FOLDER, Assets


def test_a_file_is_served_under_the_hash_of_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a {}")
    assets = Assets(tmp_path)
    url = assets.url("a.css")
    assert url is not None
    _, _, digest, name = url.split("/")
    answer = assets.answer(digest, name)
    assert (answer.status_code, answer.body) == (200, b"a {}")
    assert "immutable" in answer.headers["cache-control"]
    assert assets.answer("0" * 12, name).status_code == 404


def test_a_file_that_was_not_fetched_has_no_address(tmp_path: Path) -> None:
    assert Assets(tmp_path).url("vendor/htmx.min.js") is None


def test_the_first_view_stays_below_sixty_kilobytes() -> None:
    sizes = [len(gzip.compress(path.read_bytes())) for path in FOLDER.rglob("*") if path.suffix in {".css", ".js"}]
    assert sum(sizes) < 50_000  # the page itself takes the rest
    assert (FOLDER / "console.css").stat().st_size <= 10_240
