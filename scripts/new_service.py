"""Makes a service that starts, migrates, answers and is tested, and enters it into every list that must know it.

`scripts/new-service NAME THING TASK WORD`, e.g. `scripts/new-service livelihood project 产业就业 项目`: the service,
what its first aggregate is, and both in Chinese. Files come from scripts/service_template, lists from
scripts/service_lists. Nothing is written unless all of it can be.
"""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.service_lists import entered

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = Path(__file__).parent / "service_template"
SUFFIX = ".tmpl"
_WORD = re.compile(r"[a-z]{3,16}")
_TOKEN = re.compile(r"@(\w+)@")
USAGE = "usage: scripts/new-service NAME THING TASK WORD   e.g. scripts/new-service livelihood project 产业就业 项目"


def words_of(name: str, thing: str, task: str, word: str) -> dict[str, str]:
    """What the template's tokens mean. Raises ValueError naming what is wrong with a word and what would be right."""
    for what, given in (("NAME", name), ("THING", thing)):
        if not _WORD.fullmatch(given):
            raise ValueError(f"{what} {given!r} must be 3 to 16 letters a to z, such as livelihood or project")
    for what, given in (("TASK", task), ("WORD", word)):
        if not given.strip() or re.search(r"""["'\\\n{}]""", given):
            raise ValueError(f"{what} {given!r} must be words without quotes or braces, such as 产业就业 or 项目")
    things = plural(thing)
    if name in (thing, things):
        raise ValueError(f"THING {thing!r} is the service's own name: say what its first aggregate is, such as project")
    return {
        "name": name, "Name": name.capitalize(), "NAME": name.upper(), "thing": thing, "Thing": thing.capitalize(),
        "things": things, "task": task.strip(), "word": word.strip(),
    }  # fmt: skip


def plural(thing: str) -> str:
    """English, as far as names of tables need it."""
    if re.search("[^aeiou]y$", thing):
        return f"{thing[:-1]}ies"
    return f"{thing}es" if re.search("(s|x|z|ch|sh)$", thing) else f"{thing}s"


def made(words: Mapping[str, str], root: Path) -> dict[Path, str]:
    """Path → text of the new files. Raises ValueError when one is there already."""
    found = {}
    for source in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
        path = root / filled(str(source.relative_to(TEMPLATE)).removesuffix(SUFFIX), words)
        if path.exists():
            raise ValueError(f"{path.relative_to(root)} is there already: choose another NAME")
        found[path] = filled(source.read_text("utf-8"), words)
    return found


def filled(text: str, words: Mapping[str, str]) -> str:
    """The text with every token replaced; raises KeyError for one that means nothing."""
    return _TOKEN.sub(lambda token: words[token[1]], text)


def finish(root: Path, touched: Sequence[Path], name: str) -> None:
    """Sort imports, format, and write what is worked out from the code: schemas and documents."""
    python = [str(path) for path in touched if path.suffix == ".py"]
    for command in (
        ["ruff", "check", "--quiet", "--select", "I", "--fix", *python],
        ["ruff", "format", "--quiet", *python],
        ["libs.events.testing.schemas"],
        ["scripts.openapi", name],
    ):
        subprocess.run([sys.executable, "-m", *command], cwd=root, check=True)
    form = subprocess.run(
        [sys.executable, "-m", "jinguo.subject.format"], cwd=root, check=True, capture_output=True, text=True
    )
    (root / "docs/reference/subject-export.v1.schema.json").write_text(form.stdout, "utf-8")


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Make it; 2 when the words are not right."""
    try:
        name, thing, task, word = arguments
    except ValueError:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        words = words_of(name, thing, task, word)
        texts = made(words, root) | entered(words, root)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    finish(root, list(texts), name)
    print(f"services/{name} is made: read its README.md and docs/how-to/add-a-service.md, then `git add --all`")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
