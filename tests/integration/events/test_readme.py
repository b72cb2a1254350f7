"""The example in the kernel's README does what it says."""

import re
import runpy
from pathlib import Path

from tests.conftest import MakeDatabase

ROOT = Path(__file__).resolve().parents[3]
README = ROOT / "libs" / "events" / "README.md"


async def test_the_example_counts_what_the_other_service_opened(make_database: MakeDatabase, tmp_path: Path) -> None:
    example = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    script = tmp_path / "accounts.py"
    script.write_text(example[1], encoding="utf-8")
    main = runpy.run_path(str(script))["main"]
    accounts, letters = await make_database(), await make_database()
    assert await main(accounts, letters) == 1
    assert await main(accounts, letters) == 2


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:tests|libs)/[\w/]+(?:\.py)?)`", README.read_text(encoding="utf-8")))
    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
