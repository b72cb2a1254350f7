"""Runs in a process of its own, with limited memory: an old .xls is read whole, and a small file can claim a huge one.

Writes one JSON line a sheet and a row to standard output. Needs nothing of ours.
"""

import datetime
import json
import resource
import sys

import python_calamine

MEMORY = 768 * 1024 * 1024


def plain(value: object) -> object:
    """Kind and value of a cell as JSON."""
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, datetime.datetime | datetime.date):
        return {"d": value.isoformat()[:10]}
    if isinstance(value, datetime.time | datetime.timedelta):
        return str(value)
    return value


def main(path: str) -> None:
    """Every sheet from its first row; merged areas with the sheet's line."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    book = python_calamine.CalamineWorkbook.from_path(path)
    for meta in book.sheets_metadata:
        if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(meta.name)
        merges = [[list(first), list(last)] for first, last in sheet.merged_cell_ranges or []]
        hidden = meta.visible != python_calamine.SheetVisibleEnum.Visible
        head = {"sheet": meta.name, "hidden": hidden, "merges": merges, "start": list(sheet.start or (0, 0))}
        sys.stdout.write(json.dumps(head) + "\n")
        for row in sheet.iter_rows():
            sys.stdout.write(json.dumps([plain(value) for value in row]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
