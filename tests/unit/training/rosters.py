"""Small rosters made for a test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

TITLE = "妇女刺绣培训班学员花名册"
NOTE = "培训机构：雷山县妇女联合会      培训地点：丹江镇      培训时间：2017年5月8日—5月17日（10天，80课时）"
HEADER = ("序号", "姓名", "性别", "身份证号码", "家庭住址", "培训工种", "出勤天数", "考核结果", "证书编号")
SIGN_IN_HEADER = ("序号", "姓名", "身份证号", "所在村组", "9月4日", "9月5日", "9月6日")
SIGN_IN_NOTE = "培训内容：家政服务      日期：2017年9月4日—9月6日"


def register(path: Path, *people: Sequence[Any], note: str = NOTE) -> Path:
    """people: name, sex, id, address, days, result, certificate."""
    rows = [
        (number, name, sex, written, address, "刺绣", days, result, certificate)
        for number, (name, sex, written, address, days, result, certificate) in enumerate(people, 1)
    ]
    return write(path, TITLE, note, HEADER, rows)


def sign_in(path: Path, *people: Sequence[Any]) -> Path:
    """people: name, id, village, and one mark a day."""
    rows = [(number, *person) for number, person in enumerate(people, 1)]
    return write(path, "家政服务培训签到表", SIGN_IN_NOTE, SIGN_IN_HEADER, rows)


def write(path: Path, title: str, note: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([title])
    sheet.append([note])
    sheet.append(list(header))
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path
