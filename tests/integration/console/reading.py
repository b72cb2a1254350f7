"""Reading pages as a strict browser would: balanced elements, no inline script or style, the rows behind a number."""

import re
from html.parser import HTMLParser

import httpx

VOID = {"meta", "link", "input", "br", "hr", "img"}
NUMBER = re.compile(r'<td class="n"><a href="([^"]+)">([\d,]+)</a></td>')
WOMAN = re.compile(r"/women/([0-9a-f-]{36})")
COUNT = re.compile(r'<b class="count">([\d,]+)</b>')


class Strict(HTMLParser):
    """Every element is closed where it must be; scripts and styles come from files; inputs have labels."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.texts: set[str] = set()
        self.fields: set[str] = set()
        self.labels: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.faults += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.faults.append(f"inline {tag}")
        if tag in {"input", "select"} and given.get("type") not in {"hidden", "radio"}:
            self.fields.add(given.get("id") or "(none)")
        if tag == "label" and given.get("for"):
            self.labels.add(str(given["for"]))
        self.texts |= {str(given[name]) for name in ("aria-label", "placeholder") if given.get(name)}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.faults += [f"{tag} {name}" for name, _ in attrs if name == "style"]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.texts.add(data.strip())


def assert_well_formed(page: httpx.Response) -> None:
    """What every page keeps to."""
    checked = Strict()
    checked.feed(page.text)
    assert (checked.faults, checked.open, checked.fields - checked.labels) == ([], [], set())
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"


def texts_of(page: httpx.Response) -> set[str]:
    """Every piece of text a reader meets."""
    read = Strict()
    read.feed(page.text)
    return read.texts


async def rows_behind(browser: httpx.AsyncClient, link: str) -> tuple[int, int]:
    """The number a list says it has, and how many rows stand on all its pages."""
    stated, rows = -1, 0
    next_page: str | None = link.replace("&amp;", "&")
    while next_page:
        page = (await browser.get(next_page)).raise_for_status()
        assert_well_formed(page)
        stated = int(COUNT.search(page.text)[1].replace(",", ""))  # type: ignore[index]
        rows += len(re.findall(r'<tr>\s*<th scope="row"', page.text))
        more = re.search(r'href="([^"]+)" rel="next"', page.text)
        next_page = more[1].replace("&amp;", "&") if more else None
    return stated, rows


async def ended(browser: httpx.AsyncClient, job: str) -> httpx.Response:
    """The page of an import when it has ended; the page itself waits a second for that."""
    page = (await browser.get(job)).raise_for_status()
    while 'http-equiv="refresh"' in page.text:
        page = (await browser.get(job)).raise_for_status()
    return page
