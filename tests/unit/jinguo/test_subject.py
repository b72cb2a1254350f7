"""What an export opens and what it leaves out; what the commands refuse before anything is touched."""

from pathlib import Path
from uuid import UUID

import pytest

from jinguo.cli.app import run
from jinguo.subject.opening import ERASED, WITHHELD, Opener
from jinguo.subject.page import page
from libs.events.personal import Personal
from libs.events.vault import MemoryVault

HER, LINE, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture
async def vault() -> MemoryVault:
    made = MemoryVault()
    await made.ensure([HER, LINE, OTHER])
    return made


def sealed(vault: MemoryVault, subject: UUID, value: str) -> dict[str, str]:
    return {"subject": str(subject), "class": "identity", "sealed": vault.seal(Personal(subject, value))}


async def test_her_values_are_opened_and_those_of_others_are_not(vault: MemoryVault) -> None:
    event = {"hers": sealed(vault, HER, "张三"), "deep": [{"not": sealed(vault, OTHER, "李四")}], "empty": None}
    opened = await Opener(vault, [HER]).opened(event)
    assert opened == {"hers": "张三", "deep": [{"not": WITHHELD}], "empty": None}
    unknown = {"subject": str(HER), "class": "identity", "sealed": None}
    assert await Opener(vault, [HER]).opened(unknown) is None


async def test_a_row_of_ciphertext_is_opened_with_her_keys_only(vault: MemoryVault) -> None:
    row = {"a": vault.seal(Personal(LINE, "张三")), "b": vault.seal(Personal(OTHER, "李四")), "c": "1.5.x.y", "d": 7}
    opener = Opener(vault, [HER, LINE])
    assert await opener.opened(row, [HER, LINE, OTHER]) == {"a": "张三", "b": WITHHELD, "c": "1.5.x.y", "d": 7}
    assert (await Opener(vault, [HER]).opened(row, [LINE]))["a"] == WITHHELD


async def test_of_a_list_of_people_only_she_is_given(vault: MemoryVault) -> None:
    event = {"seats": [{"woman": str(OTHER)}, {"woman": str(HER)}], "reasons": ["a", "b"]}
    opened = await Opener(vault, [HER]).opened(event)
    assert opened == {"seats": [{"woman": str(HER)}], "reasons": ["a", "b"]}


async def test_what_was_erased_says_so(vault: MemoryVault) -> None:
    event, text = {"name": sealed(vault, HER, "张三")}, vault.seal(Personal(HER, "张三"))
    await vault.erase(HER)
    assert await Opener(vault, [HER]).opened(event) == {"name": ERASED}
    assert await Opener(vault, [HER]).opened(text, [HER]) == ERASED


def test_the_page_shows_values_as_text_never_as_markup() -> None:
    event = {
        "recorded_at": "2018-03-01T00:00:00", "type": "woman-registered", "by": {"actor": "a", "unit": "u"},
        "data": {"name": "<b>张三</b>", "list": [1, None]},
    }  # fmt: skip
    held = {"events": [event], "tables": {"women": [{"status": "exited"}]}, "published": []}
    found = {
        "made_at": "2018", "woman_id": str(HER), "services": {"registry": held},
        "register_files": [{"cells": {"姓名": "张三"}}], "import_results": [{"row": {"row": 4}}],
    }  # fmt: skip
    shown = page(found)
    assert "&lt;b&gt;张三&lt;/b&gt;" in shown
    assert "<b>" not in shown
    assert "脱贫属性" in shown


def test_an_export_never_overwrites_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "her.json"
    command = ["subject", "export", str(HER), "--reason", "checking", "--data", str(tmp_path), "--out"]
    out.with_suffix(".html").touch()
    assert run([*command, str(out)]) == 1
    assert "subject.out_exists" in capsys.readouterr().err
    assert run([*command, str(tmp_path / "other.html")]) == 2
    assert run([*command, str(tmp_path / "other.json")]) == 1
    assert "data.nothing" in capsys.readouterr().err


def test_an_erasure_needs_a_reason_of_the_law_and_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["subject", "erase", str(HER), "--yes", "--data", str(tmp_path)]
    assert run([*command, "--reason", "张三要求"]) == 2
    assert run([*command, "--reason", "request"]) == 1
    assert "data.nothing" in capsys.readouterr().err
    assert run(["verify", "--data", str(tmp_path)]) == 1
    assert run(["verify", "--service", "kitchen", "--data", str(tmp_path)]) == 2
    assert run(["publish", "replay", "kitchen", "--from", "1", "--to", "2", "--data", str(tmp_path)]) == 2
