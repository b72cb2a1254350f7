"""The command line: a client of the REST API; `up`, `doctor`, `backup` and `restore` work on the data folder."""

import sys


def main() -> None:
    """Run the command line; an error is a message and a code on stderr, never a traceback."""
    from jinguo.cli.app import run  # noqa: PLC0415 - keeps `import jinguo.cli` free of everything

    sys.exit(run(sys.argv[1:]))
