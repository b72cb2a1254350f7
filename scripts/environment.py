"""Makes the virtual environment, or says in one line what the machine lacks."""

import sys
import venv
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - it runs before anything is installed
    sys.exit(f"Jinguo needs Python 3.11 or newer, this is {sys.version.split()[0]}: use `make PYTHON=python3.11 …`.")
try:
    import ensurepip  # noqa: F401
except ImportError:
    sys.exit("This Python has no ensurepip: install the package python3-venv, then run make again.")
venv.EnvBuilder(with_pip=True, clear=True).create(Path(sys.argv[1]))
