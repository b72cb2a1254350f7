"""One cell at a time: what it says as a value of its column, and every finding on the way."""

import re
from collections.abc import Container, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from libs.rosters.cells import Cell
from libs.rosters.findings import Finding
from libs.rosters.sheet import Row
from libs.values.texts import control_characters, folded, narrowed, trimmed, without_blanks, without_invisible
from services.registry.domain.register.rules import finding, refusing
from services.registry.domain.register.words import NO, NO_MARKS, YES, YES_MARKS

_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", re.ASCII)
_UNIT = re.compile(r"(?<=[0-9])\s*(个月|人民币|元|块|月|人|口|岁|天)(/年|/人)?$")
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千万]+")
_CHINESE_DIGITS = {
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1_000}
_FORMULA_MARKS = "=+@"
_SEPARATORS = re.compile(r"[,，、;；/\s]+")
_PHONE_SEPARATORS = re.compile(r"[-－—\s.·]")
_DAY = re.compile(r"([0-9]{4})[-/.年]?([0-9]{1,2})[-/.月]?([0-9]{1,2})日?", re.ASCII)
_LANDLINE = re.compile(r"0[0-9]{2,3}[-－—\s]?[0-9]{7,8}", re.ASCII)


def plain(row: Row, column: str, findings: list[Finding], *, identity: bool = False) -> str:
    """The text of a cell with blanks at both ends off; text that looks like a formula stays text and is reported."""
    cell = row[column]
    if cell.kind == "empty":
        return ""
    text = trimmed(cell.text)
    if not text.isprintable() and control_characters(without_blanks(text)):
        findings.append(finding(column, "text_bad_character", text))
        return ""
    if cell.merged:
        findings.append(finding(column, "merged_cell", right=text))
    if cell.formula:
        if identity:
            findings.append(finding(column, "formula_in_identity", text))
            return ""
        findings.append(finding(column, "formula_cell", text, text))
    elif text and text[0] in _FORMULA_MARKS and cell.kind == "text":
        found = refusing if identity else finding
        right = f"只存为文本，绝不计算；{column}须重报" if identity else "只存为文本；导出时转义"
        findings.append(found(column, "formula_text", text, right))
    return text


def word(
    row: Row,
    column: str,
    findings: list[Finding],
    known: Container[str],
    others: Mapping[str, str],
    codes: tuple[str, str, str],
) -> str:
    """A word of a code list. `codes` are the rules for an alias, an unknown word and an empty cell ('' = may be)."""
    if not row.has(column):
        return ""
    text = plain(row, column, findings)
    if text in known:
        return text
    alias, unknown, empty = codes
    bare = folded(text)
    if not bare:
        if empty:
            findings.append(finding(column, empty, text))
        return ""
    right = bare if bare in known else others.get(bare, "")
    if right:
        findings.append(finding(column, alias, text, right))
    else:
        findings.append(finding(column, unknown, text))
    return right


def yes_no(row: Row, column: str, findings: list[Finding]) -> bool | None:
    """是 or 否, also as a mark; None without a word where the file lacks the column."""
    if not row.has(column):
        return None
    text = plain(row, column, findings)
    if text == YES:
        return True
    if text == NO:
        return False
    if not text:
        findings.append(finding(column, "yes_no_empty"))
        return None
    if text in YES_MARKS or text in NO_MARKS:
        said = text in YES_MARKS
        findings.append(finding(column, "yes_no_mark", text, YES if said else NO))
        return said
    findings.append(finding(column, "yes_no_unreadable", text))
    return None


def number(row: Row, column: str, findings: list[Finding]) -> Decimal | None:
    """A number; what people write beside or instead of it is taken off and reported."""
    cell = row[column]
    if cell.kind == "number":
        if cell.merged:
            findings.append(finding(column, "merged_cell", right=cell.text))
        if cell.formula:
            findings.append(finding(column, "formula_cell", cell.text, cell.text))
        return Decimal(cell.text)
    if cell.kind == "empty" or (cell.blank and not cell.formula):
        return None
    if cell.kind == "date":
        findings.append(finding(column, "date_cell", cell.text))
        return None
    if cell.formula:
        findings.append(finding(column, "formula_without_value", cell.text))
        return None
    return _number_in_text(cell, column, findings, typed=row.typed)


def _number_in_text(cell: Cell, column: str, findings: list[Finding], *, typed: bool) -> Decimal | None:
    text = without_blanks(without_invisible(narrowed(cell.text)))
    if cell.merged:
        findings.append(finding(column, "merged_cell", right=text))
    bare = _UNIT.sub("", text)
    if _PLAIN_NUMBER.fullmatch(bare):
        if typed or bare != text:
            code = "number_text" if bare == text else "number_with_unit"
            findings.append(finding(column, code, cell.text, bare))
        return Decimal(bare)
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
        findings.append(finding(column, "number_thousands_text", cell.text, bare))
        return Decimal(bare)
    spelled = re.sub(r"(元|块|个月|人)整?$", "", text)
    if _CHINESE.fullmatch(spelled):
        value = chinese_number(spelled)
        findings.append(finding(column, "number_chinese", cell.text, str(value)))
        return Decimal(value)
    findings.append(finding(column, "number_unreadable", cell.text))
    return None


def chinese_number(text: str) -> int:
    """`两千八百` → 2800, `一万零五十` → 10050, `二〇一六` → 2016."""
    if not any(char in _CHINESE_UNITS or char == "万" for char in text):
        return int("".join(str(_CHINESE_DIGITS[char]) for char in text))
    whole = section = digit = 0
    for char in text:
        if char == "万":
            whole, section, digit = (whole + section + digit) * 10_000, 0, 0
        elif char in _CHINESE_UNITS:
            section, digit = section + (digit or 1) * _CHINESE_UNITS[char], 0
        else:
            digit = _CHINESE_DIGITS[char]
    return whole + section + digit


def day(row: Row, column: str, findings: list[Finding]) -> date | None:
    """A day as a date cell, `2021-12-31`, `2021/12/31`, `2021.12.31`, `2021年12月31日` or `20211231`."""
    cell = row[column]
    if cell.blank:
        return None
    match = _DAY.fullmatch(without_blanks(narrowed(cell.text)))
    try:
        found = date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        found = None
    if found is None:
        findings.append(finding(column, "date_unreadable", cell.text, "2021-12-31"))
    return found


def day_told(row: Row, column: str) -> date | None:
    """The day a row's data are of: its 数据日期, or the last day of its 年度."""
    text = without_blanks(narrowed(row[column].text)).removesuffix("年").removesuffix("度")
    if re.fullmatch(r"20[0-9]{2}", text, re.ASCII):
        return date(int(text), 12, 31)
    return day(row, column, [])


def whole(value: Decimal | None) -> int | None:
    """The number when it is a whole one."""
    return int(value) if value is not None and value == value.to_integral_value() else None


def fen(value: Decimal | None) -> int | None:
    """Yuan to fen, half up; registers show at most two decimals, formulas may leave more."""
    return None if value is None else int((value * 100).to_integral_value(ROUND_HALF_UP))


def health(row: Row, column: str, findings: list[Finding], order: tuple[str, ...]) -> str:
    """One or several states in the list's order, separated by a comma."""
    if not row.has(column):
        return ""
    text = plain(row, column, findings)
    if text in order:
        return text
    if not text:
        findings.append(finding(column, "health_empty"))
        return ""
    parts = [part for part in _SEPARATORS.split(text) if part]
    known = [part for part in parts if part in order]
    if len(known) < len(parts):
        findings.append(finding(column, "health_not_in_list", text))
    right = ",".join(sorted(dict.fromkeys(known), key=order.index))
    if known == parts and ",".join(parts) != text:
        findings.append(finding(column, "health_separator", text, right))
    if known == parts and right != ",".join(parts):
        findings.append(finding(column, "health_order", text, right))
    return right


def cause(row: Row, column: str, findings: list[Finding], known: Container[str], others: Mapping[str, str]) -> str:
    """Exactly one cause; of several none is stored, because only the office can say which is the main one."""
    text = row[column].text
    parts = [part for part in _SEPARATORS.split(trimmed(text)) if part]
    if len(parts) > 1 and all(part in known or part in others for part in parts):
        findings.append(finding(column, "cause_multiple", text, "只能填一项"))
        return ""
    return word(row, column, findings, known, others, ("cause_alias", "cause_not_in_list", "cause_empty"))


def phone(row: Row, column: str, findings: list[Finding], *, may_be_empty: bool = False) -> str:
    """A mobile number of 11 digits; what is not one is kept as written and reported."""
    cell = row[column]
    text = plain(row, column, findings)
    if not text:
        if row.has(column) and not may_be_empty:
            findings.append(finding(column, "phone_empty"))
        return ""
    if cell.kind == "number":
        findings.append(finding(column, "phone_number_cell", text, text))
    digits = narrowed(text)
    if _LANDLINE.fullmatch(digits):
        findings.append(finding(column, "phone_landline", text))
        return digits
    bare = _PHONE_SEPARATORS.sub("", digits).removeprefix("+86")
    if len(bare) != 11 or not bare.isascii() or not bare.isdigit() or bare[0] != "1":
        findings.append(finding(column, "phone_length", text))
        return bare[:20]
    if bare != text:
        findings.append(finding(column, "phone_separators", text, bare))
    return bare
