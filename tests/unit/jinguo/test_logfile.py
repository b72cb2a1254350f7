"""The log of an installation stays small."""

import stat
from pathlib import Path

from jinguo.logfile import LogFile


def test_a_full_file_makes_room_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "jinguo.log"
    with LogFile(path, limit=10, keep=2) as log:
        for number in range(5):
            log.write(f"line {number:07}\n")
            log.flush()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["jinguo.log", "jinguo.log.1", "jinguo.log.2"]
    assert path.read_text() == "line 0000004\n"
    assert (tmp_path / "jinguo.log.2").read_text() == "line 0000002\n"


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "jinguo.log"
    LogFile(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
