"""After the whole job nobody can be found in the logs and the spans: no name, id, phone, password, token or key."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import httpx
import openpyxl

from tests.e2e.product import COUNTY, REGISTER, ROSTERS, Product, product

PASSWORD = "Rather-long-2016-words"
CHOSEN = "Another-long-one-2016"
PERSONAL = ("姓名", "证件号码", "身份证号", "身份证号码", "联系电话", "证书编号")


class Collector:
    """Takes spans as an OpenTelemetry collector does; their words lie in the messages in clear."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.received.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @contextmanager
    def listening(self) -> Iterator[str]:
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{self.server.server_port}"
        finally:
            self.server.shutdown()
            self.server.server_close()
            thread.join()


def persons() -> set[str]:
    """Every name, id, phone and certificate of the register and the rosters."""
    found: set[str] = set()
    for file in (REGISTER, *ROSTERS):
        for sheet in openpyxl.load_workbook(file).worksheets:
            columns: dict[int, str] = {}
            for row in sheet.iter_rows(values_only=True):
                texts = ["".join(str(each or "").split()) for each in row]
                columns = {n: text for n, text in enumerate(texts) if text in PERSONAL} or columns
                found |= {texts[n] for n in columns if n < len(texts) and len(texts[n]) > 1} - set(PERSONAL)
    return found


def test_nobody_and_no_secret_is_in_logs_or_spans(tmp_path: Path) -> None:
    collector = Collector()
    with collector.listening() as address, product(tmp_path / "data") as running:
        running.start(env={"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_METRICS_EXPORTER": "none"})
        running.load()
        secrets = use(running)
        secrets |= {running.folder.token_file.read_text(), *kept(running)}
        assert running.stop() == 0
        logged = "\n".join(file.read_text(errors="replace") for file in logs(running))
    spans = b"\n".join(collector.received).decode(errors="replace")
    people = persons()
    assert len(people) > 4_000
    assert "/v1/imports" in logged
    assert "registry POST" in spans
    for where, text in (("the log", logged), ("the spans", spans)):
        found = sorted(each for each in people | secrets if each in text)
        assert found == [], f"{where} holds {len(found)} of them, such as {found[:5]}"


def use(running: Product) -> set[str]:
    """What people do with it: names in clear, a wrong file, a sign-in right and wrong; the secrets that were used."""
    with running.client() as http:
        listed = (
            http.get("/registry/v1/women", params={"clear": "true", "reason": "checking"}).raise_for_status().json()
        )
        http.get(f"/registry/v1/women/{listed['items'][0]['name']}")
        http.post("/registry/v1/imports", params={"filename": "杨秀梅.xlsx"}, content=b"x", headers=key())
        body = {"username": "leishan", "name": "李登记员", "role": "reader", "division": COUNTY}
        made = http.post("/access/v1/accounts", json=body, headers=key()).raise_for_status().json()
        first = made["one_time_password"]
    with httpx.Client(base_url=running.url, trust_env=False) as http:
        change = {"username": "leishan", "password": first, "new_password": PASSWORD}
        http.post("/access/v1/password", json=change).raise_for_status()
        signed = http.post("/access/v1/sign-in", json={"username": "leishan", "password": PASSWORD}).raise_for_status()
        assert http.post("/access/v1/sign-in", json={"username": "leishan", "password": CHOSEN}).status_code == 401
        token = signed.json()["access_token"]
        http.get("/registry/v1/women", params={"access_token": token}, headers={"Authorization": f"Bearer {token}"})
    return {first, PASSWORD, CHOSEN, token, "李登记员"}


def kept(running: Product) -> set[str]:
    """The keys of the folder as they may be written."""
    files = [file for file in running.folder.keys.iterdir() if file.is_file()]
    return {
        text for file in files for text in (file.read_bytes().hex(), file.read_text(errors="ignore").strip()) if text
    }


def logs(running: Product) -> list[Path]:
    """The product's own log and PostgreSQL's."""
    return [file for file in running.folder.path.rglob("*.log*") if file.is_file()]


def key() -> dict[str, str]:
    """A fresh Idempotency-Key."""
    return {"Idempotency-Key": str(uuid4())}
