"""The copy of everything held about a woman as one zip: a page to read, and the same as JSON for machines."""

import io
import json
import zipfile
from collections.abc import Mapping
from html import escape
from typing import Any

STYLE = (
    "body{font-family:sans-serif;max-width:60em;margin:2em auto;line-height:1.5}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border:1px solid #999;padding:.2em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "th{width:12em}"
)


def copy_of(title: str, parts: Mapping[str, Any]) -> bytes:
    """`parts`: heading → JSON of one service. Every value is escaped; nothing is loaded from elsewhere."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("copy.html", _page(title, parts))
        archive.writestr("copy.json", json.dumps(parts, ensure_ascii=False, indent=2))
    return content.getvalue()


def _page(title: str, parts: Mapping[str, Any]) -> str:
    body = "".join(f"<h2>{escape(name)}</h2>{_shown(value)}" for name, value in parts.items())
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="zh-CN"><head>{head}</head><body><h1>{escape(title)}</h1>{body}</body></html>\n'


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        rows = "".join(f"<tr><th>{escape(str(name))}</th><td>{_shown(each)}</td></tr>" for name, each in value.items())
        return f"<table>{rows}</table>"
    if isinstance(value, list):
        return "".join(_shown(each) for each in value)
    return "" if value is None else f"<span>{escape(str(value))}</span> "
