"""What a killed process leaves in the temporary folder is removed; what a living one holds is not."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fastapi import FastAPI

from libs.scratch import PREFIX, Scratch, sweep
from libs.service.app import create_app
from libs.service.settings import ServiceSettings
from tests.support.forks import Forked


def an_app(folder: Path) -> FastAPI:
    settings = ServiceSettings(temp_folder=folder)
    return create_app("files", title="F", routers=[], runtime=None, verifier=None, settings=settings)


async def test_a_start_removes_what_a_killed_process_left_and_nothing_of_the_living(tmp_path: Path) -> None:
    place, said = tmp_path / "temp", tmp_path / "said"
    place.mkdir()
    killed, living = (Forked("tests.integration.service.holder", place, out=said.with_suffix(n)) for n in (".a", ".b"))
    assert await killed.said("held")
    assert await living.said("held")
    async with an_app(place).router.lifespan_context(an_app(place)):
        assert len(list(place.glob("*/rows"))) == 2
    killed.kill()
    async with an_app(place).router.lifespan_context(an_app(place)):
        assert len(list(place.iterdir())) == 1
    living.kill()
    assert sweep(place) == 1
    assert list(place.iterdir()) == []


def test_only_its_user_looks_into_it_and_it_goes_with_its_block(tmp_path: Path) -> None:
    with Scratch(tmp_path) as folder:
        (folder / "rows").write_text("杨秀英")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert sweep(tmp_path) == 0
    assert list(tmp_path.iterdir()) == []


def test_it_goes_when_nobody_remembers_it(tmp_path: Path) -> None:
    held = Scratch(tmp_path)
    (held.folder / "rows").write_text("杨秀英")
    del held
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_that_was_cut_off_is_finished(tmp_path: Path) -> None:
    gone = tmp_path / "jinguo-gone-abc"
    (gone / "deep").mkdir(parents=True)
    (gone / "deep" / "rows").write_text("杨秀英")
    (tmp_path / f"{PREFIX}abc").mkdir()  # of a process that was killed before it could take its lock
    assert sweep(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    place, theirs = tmp_path / "temp", tmp_path / "theirs"
    place.mkdir()
    theirs.mkdir()
    (theirs / "rows").write_text("1")
    os.symlink(theirs, place / f"{PREFIX}link")
    (place / "jinguo-pg-1").mkdir()
    assert sweep(place) == 0
    assert (theirs / "rows").exists()
    assert len(list(place.iterdir())) == 2


def test_many_start_and_sweep_at_once(tmp_path: Path) -> None:
    """Nobody loses a folder to a sweep between making and holding it."""

    def work(_: int) -> bool:
        with Scratch(tmp_path) as folder:
            (folder / "rows").write_text("1")
            sweep(tmp_path)
            return (folder / "rows").exists()

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(work, range(400)))
    assert list(tmp_path.iterdir()) == []
