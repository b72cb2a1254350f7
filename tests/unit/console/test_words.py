"""Every text of the pages has its English, and the catalogue holds nothing else."""

import ast
import re
from pathlib import Path

from services import SERVICES
from services.console.words import english, translator

CONSOLE = Path(__file__).resolve().parents[3] / "services" / "console"
HAN = re.compile("[\u4e00-\u9fff]")
MARKUP_FREE = re.compile(r'"([^"{}<>]*[\u4e00-\u9fff][^"{}<>]*)"')
CALL = re.compile(r"""_\(\s*["']([^"']+)["']""")


def texts_of_templates() -> set[str]:
    found: set[str] = set()
    for file in CONSOLE.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        found |= set(CALL.findall(text)) | set(MARKUP_FREE.findall(text))
    return {text for text in found if HAN.search(text)}


def texts_of_code() -> set[str]:
    found: set[str] = set()
    for file in CONSOLE.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        documents = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, DOCUMENTED)}
        constants = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        found |= {text for text in constants - documents if HAN.search(text)}
    return found | set(SERVICES.values())


DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def test_every_text_has_its_english() -> None:
    assert texts_of_templates() | texts_of_code() == set(english())


def test_no_text_stands_in_a_template_outside_the_translator() -> None:
    for file in CONSOLE.rglob("*.html"):
        bare = re.sub(r"{{.*?}}|{%.*?%}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not HAN.search(bare), file.name


def test_chinese_is_left_as_it_is() -> None:
    assert translator("zh")("登录") == "登录"
    assert translator("en")("登录") == "Sign in"
