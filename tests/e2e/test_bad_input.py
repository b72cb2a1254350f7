"""Files that are not what they should be: each gets a clear answer, nothing is half-written, the server stays up."""

import io
import zipfile
from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import openpyxl
import pytest

from tests.e2e.figures import plain
from tests.e2e.product import COUNTY, REGISTER, ROSTERS, Product

PATHS = ("/registry/v1/imports", "/training/v1/imports")
MEGABYTE = 1 << 20


def zip_bomb() -> bytes:
    """A workbook whose sheet is 1 GB of zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(REGISTER) as good, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bad:
        for item in good.infolist():
            if not item.filename.startswith("xl/worksheets/sheet"):
                bad.writestr(item, good.read(item))
        with bad.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(1024):
                sheet.write(bytes(MEGABYTE))
    return out.getvalue()


def workbook(*rows: tuple[object, ...]) -> bytes:
    """A workbook of these rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


WRONG: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a picture named xlsx": ("a.xlsx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(1000)),
    "a program": ("a.exe", lambda: b"MZ" + bytes(1000)),
    "an empty file": ("a.xlsx", lambda: b""),
    "no header": ("a.xlsx", lambda: workbook(("今天", "天气"), ("很好", "晴"))),
    "half a workbook": ("a.xlsx", lambda: REGISTER.read_bytes()[:100_000]),
    "a zip bomb": ("a.xlsx", zip_bomb),
    "text that is no text": ("a.csv", lambda: bytes(range(256)) * 100),
}


@pytest.fixture
def client(loaded: Product) -> Iterator[httpx.Client]:
    with loaded.client() as made:
        yield made


def figures(client: httpx.Client) -> dict[str, object]:
    """The county's report, to see that nothing moved."""
    query = {"division": COUNTY}
    return plain(client.get("/reporting/v1/reports/match", params=query).raise_for_status().json())


def send(
    client: httpx.Client, path: str, name: str, content: bytes | Iterator[bytes], **query: str
) -> dict[str, object]:
    """Upload and follow the job; the problem, or the job's result."""
    headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": str(uuid4())}
    answer = client.post(path, params={"filename": name, **query}, content=content, headers=headers)
    if answer.status_code >= 400:
        return dict(answer.json())
    location = answer.headers["Location"]
    while True:
        followed = client.get(location, headers={"Prefer": "wait=10"})
        assert followed.status_code in (200, 303), followed.text
        job = followed.json()
        if job["status"] not in {"queued", "running"}:
            return dict(job["result"] or job["error"])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_file_is_refused_with_a_code_and_a_message(client: httpx.Client, path: str, kind: str) -> None:
    before = figures(client)
    name, content = WRONG[kind]
    problem = send(client, path, name, content())
    assert isinstance(problem.get("code"), str), problem
    assert problem["code"] != "common.internal", problem
    assert isinstance(problem.get("detail"), str), problem
    assert 400 <= int(str(problem["status"])) < 500, problem
    assert client.get("/health/ready").status_code == 200
    assert figures(client) == before


@pytest.mark.parametrize("path", PATHS)
def test_a_file_of_more_than_500_megabytes_is_refused_while_it_comes(client: httpx.Client, path: str) -> None:
    problem = send(client, path, "a.xlsx", (bytes(MEGABYTE) for _ in range(510)))
    assert problem["status"] == 413, problem
    assert client.get("/health/ready").status_code == 200


def test_the_command_line_shows_the_refusal_and_exits_with_one(
    loaded: Product, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("bad") / "empty.xlsx"
    file.touch()
    done = loaded.cli("register", "import", file, ok=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_formula_is_refused_or_inert_and_never_run(client: httpx.Client) -> None:
    book = openpyxl.load_workbook(ROSTERS[0])
    sheet = book.worksheets[0]
    sheet.cell(sheet.max_row, 2).value = "=cmd|' /C calc'!A0"
    out = io.BytesIO()
    book.save(out)
    before = figures(client)
    result = send(client, "/training/v1/imports", "roster.xlsx", out.getvalue(), dry_run="true")
    assert "totals" in result, result
    assert figures(client) == before


def test_a_register_in_gbk_is_read(client: httpx.Client) -> None:
    text = "编号,姓名\n1,杨\n".encode("gbk")
    problem = send(client, "/registry/v1/imports", "gbk.csv", text, dry_run="true")
    assert "code" in problem or "totals" in problem, problem
    assert problem.get("code") != "common.internal"
