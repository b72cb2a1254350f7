"""What is checked of a zip before a byte of it is parsed: kind of workbook, size when unpacked, names, links, DTDs."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

from libs.rosters.limits import Limits, refusal, too_many
from libs.values.errors import DomainError, Invalid, TooLarge, Unsupported

_EOCD = b"PK\x05\x06"
_DTD = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_EXTERNAL = re.compile(rb"<[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>")
_HARMLESS_LINK = b"/hyperlink"
_HEAD = 65_536
_CHUNK = 262_144
_SAVE_AS = "请在Excel中另存为“Excel 工作簿（*.xlsx）”后重新导入。"


def open_package(content: bytes | Path, filename: str, limits: Limits) -> zipfile.ZipFile:
    """The zip of an xlsx, checked as a whole. Raises Unsupported, TooLarge or Invalid, naming the file and the rule."""
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
        _check_entry_count(source, filename, limits)
    try:  # NotImplementedError is what zipfile raises of versions and methods that it cannot unpack, here and below
        package = zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise damaged(filename) from None
    entries = package.infolist()
    _check_names(entries, filename)
    _check_sizes(entries, filename, limits)
    _check_kind(package, filename)
    _check_parts(package, filename)
    return package


def read_part(package: zipfile.ZipFile, name: str, filename: str) -> bytes:
    """A whole part; empty when the package has none of that name."""
    return b"".join(part_chunks(package, name, filename)) if name in package.NameToInfo else b""


def part_chunks(package: zipfile.ZipFile, name: str, filename: str) -> Iterator[bytes]:
    """A part piece by piece; a size or checksum that differs from the directory's is a damaged file."""
    try:
        with package.open(name) as part:
            yield from _chunks(part)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, KeyError):
        raise damaged(filename) from None


def damaged(filename: str) -> DomainError:
    """Cut short, changed, or its directory does not tell the truth."""
    return refusal(
        Invalid, "damaged", filename, "已损坏，压缩目录与内容不符或文件不完整", "请在Excel中打开并另存后重新导入。"
    )


def _chunks(part: IO[bytes]) -> Iterator[bytes]:
    while chunk := part.read(_CHUNK):
        yield chunk


def _check_entry_count(source: BinaryIO, filename: str, limits: Limits) -> None:
    """Read from the end record alone: a directory of 100,000 names is never loaded."""
    size = source.seek(0, 2)
    source.seek(max(0, size - 65_557))
    tail = source.read()
    place = tail.rfind(_EOCD)
    source.seek(0)
    if place < 0 or len(tail) < place + 22:
        raise damaged(filename)
    if struct.unpack_from("<H", tail, place + 10)[0] > limits.entries:
        raise too_many(filename, "压缩包内的文件数", limits.entries)


def _check_kind(package: zipfile.ZipFile, filename: str) -> None:
    names = package.NameToInfo
    macros = "xl/vbaProject.bin" in names
    if "[Content_Types].xml" in names and names["[Content_Types].xml"].file_size < 10_000_000:
        macros = macros or b"macroEnabled" in read_part(package, "[Content_Types].xml", filename)
    if macros:
        raise refusal(Unsupported, "macro_workbook", filename, "是启用宏的工作簿（.xlsm）", _SAVE_AS)
    if "xl/workbook.bin" in names:
        raise refusal(Unsupported, "binary_workbook", filename, "是二进制工作簿（.xlsb）", _SAVE_AS)
    if "content.xml" in names and "mimetype" in names:
        raise refusal(Unsupported, "open_document", filename, "是OpenDocument表格（.ods）", _SAVE_AS)
    if "word/document.xml" in names:
        raise refusal(Unsupported, "not_a_workbook", filename, "是Word文档（.docx）", "请导入Excel或CSV花名册。")
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise refusal(
            Unsupported, "not_a_workbook", filename, "是压缩包，不是Excel工作簿", "请解压后导入其中的花名册。"
        )


def _check_names(entries: list[zipfile.ZipInfo], filename: str) -> None:
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        unsafe = name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name
        symlink = (entry.external_attr >> 16) & 0o170000 == 0o120000
        if unsafe or symlink or name in seen:
            raise refusal(Invalid, "unsafe_entry", filename, "的压缩目录含有越界、链接或重复的条目", _SAVE_AS)
        if entry.flag_bits & 0x1:
            raise refusal(Unsupported, "encrypted", filename, "已加密", "请取消密码后重新导入。")
        seen.add(name)


def _check_sizes(entries: list[zipfile.ZipInfo], filename: str, limits: Limits) -> None:
    """By the directory; part_chunks holds each part to what the directory says."""
    if sum(entry.file_size for entry in entries) > limits.inflated_bytes:
        raise _bomb(filename, f"解压后超过{limits.inflated_bytes // 1024 // 1024} MiB")
    for entry in entries:
        large = entry.file_size > limits.ratio_from_bytes
        if large and entry.file_size > limits.ratio * max(entry.compress_size, 1):
            raise _bomb(filename, f"压缩比超过{limits.ratio}倍")


def _bomb(filename: str, what: str) -> DomainError:
    return refusal(TooLarge, "zip_bomb", filename, what, "请只导入花名册本身，数据多时按乡镇拆分。", rule=what)


def _check_parts(package: zipfile.ZipFile, filename: str) -> None:
    for name, entry in package.NameToInfo.items():
        if name.startswith("xl/externalLinks/") or name.startswith("xl/connections"):
            raise _external(filename)
        if not name.endswith((".xml", ".rels", ".vml")):
            continue
        head = next(part_chunks(package, name, filename), b"")[:_HEAD]
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _DTD.search(head):
            raise dtd(filename)
        if name.endswith(".rels") and entry.file_size <= _CHUNK:
            links = _EXTERNAL.findall(read_part(package, name, filename))
            if any(_HARMLESS_LINK not in link for link in links):
                raise _external(filename)


def dtd(filename: str) -> DomainError:
    """A document type or entity has no place in a workbook."""
    return refusal(Invalid, "dtd", filename, "含有DTD或实体声明", _SAVE_AS)


def _external(filename: str) -> DomainError:
    return refusal(Invalid, "external_link", filename, "含有指向其他文件的外部链接", "请断开链接后另存。")
