"""Register files made for a test from the sample's rows, with changes written into cells."""

import io
from collections.abc import Callable, Iterable
from typing import Any

import openpyxl

from tests.integration.registry.house import DEMO

HEADER_ROW = 3
Row = dict[str, Any]


def sample_rows() -> list[Row]:
    """The sample county's rows by column name."""
    workbook = openpyxl.load_workbook(DEMO / "register-2016-leishan.xlsx", read_only=True)
    sheet = workbook.active
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=HEADER_ROW, values_only=True))
    workbook.close()
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def rows_of(township: str, most: int = 40) -> list[Row]:
    """Whole households of a township, about so many rows."""
    rows = [row for row in sample_rows() if row["乡(镇)"] == township]
    cut = next((i for i in range(most, len(rows)) if rows[i]["户编号"] != rows[i - 1]["户编号"]), len(rows))
    return rows[:cut]


def book(rows: Iterable[Row], as_of: str = "2016年12月31日", change: Callable[[Row], None] | None = None) -> bytes:
    """An xlsx of the edition's form."""
    found = [dict(row) for row in rows]
    for row in found:
        if change is not None:
            change(row)
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["雷山县建档立卡贫困人口信息表"])
    sheet.append([f"填报单位：雷山县扶贫开发办公室    数据截止：{as_of}    （合成数据）"])
    sheet.append(list(found[0]))
    for row in found:
        sheet.append(list(row.values()))
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()
