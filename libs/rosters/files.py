"""Which kind of file it is by its first bytes, whatever its name says, and the one door to all readers."""

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import BinaryIO

from libs.rosters.columns import ColumnSet, HeaderMatch
from libs.rosters.csv_file import open_csv
from libs.rosters.limits import DEFAULT, Limits, refusal, too_many
from libs.rosters.mapping import question
from libs.rosters.package import open_package
from libs.rosters.sheet import Grid, Nearest, Sheet, find_header
from libs.rosters.xls import open_xls
from libs.rosters.xlsx import open_xlsx
from libs.values.errors import DomainError, Invalid, Unsupported

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXT_ENDINGS = (".csv", ".txt", ".tsv", "")
_RIGHT = "请导入.xlsx、.xls或.csv格式的花名册。"
_OTHERS = (
    (b"%PDF", "是PDF文档"),
    (b"Rar!", "是RAR压缩包"),
    (b"7z\xbc\xaf", "是7z压缩包"),
    (b"\x1f\x8b", "是gzip压缩包"),
    (b"\x89PNG", "是图片"),
    (b"\xff\xd8\xff", "是图片"),
    (b"GIF8", "是图片"),
    (b"{\\rtf", "是RTF文档"),
)


@dataclass(frozen=True, slots=True)
class Book:
    """A roster file: its sheets with a header (at least one), the names of those without, the hash of its bytes."""

    file: str
    sha256: str
    sheets: tuple[Sheet, ...]
    without_header: tuple[str, ...] = ()
    hidden: tuple[str, ...] = field(default=())


def open_book(
    filename: str,
    content: bytes | Path,
    columns: ColumnSet | Sequence[ColumnSet],
    *,
    mapping: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT,
) -> Book:
    """Check the file and find the headers of its visible sheets; rows are read when asked for.

    Raises DomainError (`roster.*`) that names the file, the rule and the right form; of a file without a header it
    `asks` which of its headings are our columns (`mapping.question`).
    """
    file = PurePath(filename.replace("\\", "/")).name[:120] or "花名册"
    forms = (columns,) if isinstance(columns, ColumnSet) else tuple(columns)
    sheets: list[Sheet] = []
    bare: list[str] = []
    hidden: list[str] = []
    nearest: Nearest | None = None
    for grid in _grids(file, content, limits):
        if grid.hidden:
            hidden.append(grid.name)
            continue
        sheet, match, near = find_header(grid, file, forms, mapping, limits)
        if sheet is not None:
            _check_doubled(file, match)
            sheets.append(sheet)
            continue
        bare.append(grid.name)
        nearest = near if near is not None and near.nearer_than(nearest) else nearest
    if not sheets:
        error = _no_header(file, forms, nearest.match if nearest else None, limits)
        error.asks = question(nearest.texts, forms, mapping) if nearest and nearest.looks else None
        raise error
    return Book(file, content_hash(content), tuple(sheets), tuple(bare), tuple(hidden))


def open_sheet(
    filename: str,
    content: bytes | Path,
    columns: ColumnSet | Sequence[ColumnSet],
    *,
    mapping: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT,
) -> Sheet:
    """The first sheet with a header; see open_book."""
    return open_book(filename, content, columns, mapping=mapping, limits=limits).sheets[0]


def content_hash(content: bytes | Path) -> str:
    """SHA-256 of the file's bytes in hex: the same file twice is the same import."""
    digest = hashlib.sha256()
    with _opener(content)() as source:
        while chunk := source.read(1_048_576):
            digest.update(chunk)
    return digest.hexdigest()


def _opener(content: bytes | Path) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _grids(file: str, content: bytes | Path, limits: Limits) -> Sequence[Grid]:
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    if size == 0:
        raise refusal(Invalid, "empty_file", file, "是空文件", _RIGHT)
    if size > limits.file_bytes:
        raise too_many(file, "字节数", limits.file_bytes)
    opener = _opener(content)
    with opener() as source:
        head = source.read(4_096)
    ending = PurePath(file).suffix.lower()
    if head.startswith(b"PK"):
        return _open_zip(content, file, ending, limits)
    if head.startswith(_OLE):
        return _open_ole(opener, size, file, ending, limits)
    _refuse_others(head, file, ending)
    return (open_csv(opener, file, limits),)


def _open_zip(content: bytes | Path, file: str, ending: str, limits: Limits) -> Sequence[Grid]:
    package = open_package(content, file, limits)
    if ending not in (".xlsx", ""):
        raise _other_ending(file, "xlsx工作簿", ".xlsx")
    return open_xlsx(package, file, limits)


def _open_ole(opener: Callable[[], BinaryIO], size: int, file: str, ending: str, limits: Limits) -> Sequence[Grid]:
    if size > limits.xls_bytes:
        raise too_many(file, ".xls文件的字节数", limits.xls_bytes)
    with opener() as source:
        content = source.read()
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise refusal(Unsupported, "encrypted", file, "已加密", "请取消密码后重新导入。")
        if not any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
            raise refusal(Unsupported, "not_a_workbook", file, "不是Excel工作簿", _RIGHT)
        if ending not in (".xls", ""):
            raise _other_ending(file, "Excel 97–2003工作簿（.xls）", ".xls")
        source.seek(0)
        return open_xls(source, size, file, limits)


def _refuse_others(head: bytes, file: str, ending: str) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        kind = "是XML文件" if start.startswith(b"<?xml") and b"<html" not in start.lower() else "是网页（HTML）"
        raise refusal(Unsupported, "html", file, f"{kind}，不是Excel工作簿", "请在Excel中打开并另存为.xlsx后重新导入。")
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise refusal(Unsupported, "not_a_workbook", file, what, _RIGHT)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refusal(Unsupported, "encoding", file, "是UTF-16编码的文本", "请另存为“CSV UTF-8（逗号分隔）”或.xlsx。")
    if b"\0" in head:
        raise refusal(Unsupported, "not_a_workbook", file, "是无法识别的二进制文件", _RIGHT)
    if ending not in _TEXT_ENDINGS:
        raise _other_ending(file, "文本", ".csv")


def _other_ending(file: str, what: str, right: str) -> DomainError:
    return refusal(
        Unsupported,
        "wrong_type",
        file,
        f"的内容是{what}，与扩展名不符",
        f"请改用扩展名{right}，或在Excel中另存后重新导入。",
    )


def _check_doubled(file: str, match: HeaderMatch | None) -> None:
    if match is not None and match.doubled:
        names = "、".join(f"“{name}”" for name in match.doubled)
        raise refusal(Invalid, "doubled_column", file, f"的表头里{names}出现了两次", "请删除或改名其中一列。")


def _no_header(file: str, forms: Sequence[ColumnSet], nearest: HeaderMatch | None, limits: Limits) -> DomainError:
    if nearest is not None and nearest.found * 2 >= len(nearest.columns.required):
        names = "、".join(f"“{name}”" for name in nearest.missing)
        return refusal(
            Invalid,
            "missing_columns",
            file,
            f"的表头缺少{names}",
            "请补上这些列，或在导入时把本单位的列名对应到这些列。",
        )
    wanted = "、".join(forms[0].required) if forms else ""
    what = f"的前{limits.header_rows}行里没有找到表头"
    return refusal(Invalid, "no_header", file, what, f"表头应有这些列：{wanted}。")
