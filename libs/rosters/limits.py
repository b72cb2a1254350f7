"""How large a roster may be, and how every refusal of a file is worded."""

from dataclasses import dataclass

from libs.values.errors import DomainError, TooLarge

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """A register of 100,000 people is about 13 MB; the limits leave room and still end a bomb early."""

    file_bytes: int = 100_000_000
    rows: int = 200_000
    columns: int = 256
    header_rows: int = 20
    cell_characters: int = 10_000
    merges: int = 100_000
    entries: int = 2_000
    inflated_bytes: int = 400 * MIB
    ratio: int = 100
    ratio_from_bytes: int = 8 * MIB
    xls_bytes: int = 30_000_000
    shared_strings: int = 3_000_000
    shared_bytes: int = 64 * MIB
    seconds: float = 60.0


DEFAULT = Limits()


def refusal(
    kind: type[DomainError], code: str, filename: str, what: str, right: str, *, rule: str | None = None
) -> DomainError:
    """Names the file, what is wrong and the right form; `code` is stable, the sentence is for people."""
    return kind(f"roster.{code}", f"文件“{filename}”{what}。{right}", field="file", rule=rule or what, right=right)


def too_many(filename: str, what: str, limit: int) -> DomainError:
    """More of something than one file may hold."""
    return refusal(TooLarge, "too_large", filename, f"{what}超过上限{limit:,}", "请按乡镇拆分后分别导入。")
