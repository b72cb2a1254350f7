"""The command line as its users meet it: help, errors, exit statuses."""

import socket
from pathlib import Path
from uuid import UUID

import pytest
import typer

from jinguo.cli.app import app, run
from jinguo.folder import DataFolder, Running, write_private


def commands(group: typer.core.TyperGroup, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command by its words."""
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        words = (*path, name)
        found += commands(command, words) if isinstance(command, typer.core.TyperGroup) else [words]
    return found


ALL = commands(typer.main.get_group(app))


def test_the_commands_of_the_main_job_are_there() -> None:
    assert {
        ("up",), ("doctor",), ("backup",), ("restore",), ("token",), ("version",), ("divisions", "import"),
        ("divisions", "changes"), ("register", "import"), ("training", "import"), ("training", "decide"),
        ("training", "follow-ups"), ("training", "follow-up"), ("training", "certificates"),
        *(("training", word) for word in ("courses", "sessions", "move", "capacity", "cancel", "shares")),
        *(("training", word) for word in ("headcount", "transfer")),
        *(("training", f"{word}-session") for word in ("add", "move", "cancel")),
        ("outreach", "import"), ("outreach", "reach"), ("report", "match"), ("woman", "show"),
        ("events", "stream"), ("events", "tail"), ("events", "status"), ("timers", "list"), ("publish", "replay"),
        ("verify",), ("subject", "erase"), ("subject", "export"), ("subject", "prove"), ("retention",),
        ("consumer", "list"), ("consumer", "pause"), ("consumer", "resume"), ("consumer", "start"), ("parked", "list"),
        ("parked", "retry"), ("parked", "discard"), ("accounts", "add"), ("accounts", "list"), ("accounts", "reset"),
        ("audit", "verify"), ("audit", "list"), ("audit", "export"), ("access", "explain"),
        ("accounts", "reset-factor"), ("accounts", "end-sessions"), ("keys", "rotate"), ("seed",),
        *(("exits", word) for word in ("import", "list", "differences")),
        ("duplicates", "list"), ("duplicates", "scan"),
        *(("mappings", word) for word in ("show", "keep", "forget")),
        *((group, word) for group in ("incomes", "needs") for word in ("import", "unassessed")),
        *(("agreements", word) for word in ("add", "list", "show", "change", "close")),
        *(("clients", word) for word in ("add", "list", "secret", "close", "open")),
        *(("projection", word) for word in ("list", "rebuild", "compare", "swap", "rollback", "drop")),
    } == set(ALL)  # fmt: skip


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_help_has_an_example(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Example" in shown
    assert f"jinguo {' '.join(words)}" in shown or "$(jinguo token)" in shown


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_a_command_that_asks_a_server_can_be_told_which(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    asks = words[0] in {
        "divisions", "register", "exits", "training", "report", "woman", "accounts", "access", "agreements", "clients",
        "keys", "seed", "duplicates", "incomes", "needs", "mappings", "outreach",
    }  # fmt: skip
    assert run([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert ("--url" in shown, "--token-file" in shown) == (asks, asks)
    assert "--data" in shown or words == ("version",)


def test_a_wrong_call_is_refused_before_a_server_is_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["training", "decide", "--list", "--confirm", str(UUID(int=1)), "--data", str(tmp_path)]
    assert run(arguments) == 2
    assert "[decide.list_or_decide]" in capsys.readouterr().err


def test_without_a_server_the_command_to_start_it_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "match", "--division", "522634000000", "--data", str(tmp_path)]) == 1
    assert f"start it: jinguo up --data {tmp_path}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("backup",), ("verify",), ("consumer", "list"), ("parked", "list"), ("projection", "list"), ("timers", "list"),
        ("events", "status"), ("events", "tail", "registry"),
        ("subject", "erase", str(UUID(int=1)), "--reason", "request", "--yes"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_folder_without_data_is_said_in_one_way(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "--data", str(tmp_path)]) == 1
    shown = capsys.readouterr().err
    assert f"{tmp_path} holds no data of jinguo" in shown
    assert "[data.nothing]" in shown
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_went_away_is_named_with_the_command_to_start_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    folder = DataFolder(tmp_path / "data")
    with folder.owned():
        folder.say_running(Running(url, 1, "0", "now"))
        write_private(folder.token_file, b"token")
        assert run(["report", "match", "--division", "522634000000", "--data", str(folder.path)]) == 1
    shown = capsys.readouterr().err
    assert url in shown
    assert "jinguo up --data" in shown
    assert "Traceback" not in shown


def test_the_folders_token_is_not_sent_to_another_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DataFolder(tmp_path / "data")
    with folder.owned():
        folder.say_running(Running("http://127.0.0.1:1", 1, "0", "now"))
        write_private(folder.token_file, b"token")
        arguments = ["report", "match", "--division", "522634000000", "--data", str(folder.path)]
        assert run([*arguments, "--url", "https://elsewhere.example"]) == 1
    assert "--token-file" in capsys.readouterr().err


def test_wrong_usage_exits_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "match"]) == 2
    assert "--division" in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = tmp_path / "token"
    token.write_text("t")
    arguments = [
        "register",
        "import",
        str(tmp_path / "no.xlsx"),
        "--url",
        "http://127.0.0.1:1",
        "--token-file",
        str(token),
    ]
    assert run(arguments) == 1
    assert "no.xlsx" in capsys.readouterr().err


def test_the_token_of_a_stopped_server_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["token", "--data", str(tmp_path)]) == 1
    assert "No jinguo runs" in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["version"]) == 0
    assert capsys.readouterr().out.strip()
