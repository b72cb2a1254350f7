"""The text of a csv of divisions, in UTF-8 or GBK."""

from libs.values.errors import Invalid


def text_of(content: bytes) -> str:
    """Raises Invalid `registry.not_text` for bytes that are neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise not_text()


def not_text() -> Invalid:
    """Bytes that are no text."""
    return Invalid(
        "registry.not_text",
        "文件的编码既不是UTF-8也不是GBK。",
        field="file",
        rule="UTF-8或GBK编码的csv",
        right="另存为 CSV UTF-8",
    )
