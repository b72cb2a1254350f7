"""A process of its own that writes into a temporary folder and waits to be killed: `holder.py PARENT`."""

import sys
import threading
from pathlib import Path

from libs.scratch import Scratch


def main(parent: str) -> None:
    with Scratch(Path(parent)) as folder:
        (folder / "rows").write_text("杨秀英")
        sys.stdout.write("held")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
