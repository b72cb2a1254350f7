"""The read copy of the register that a measure's service keeps: who is registered where, which ids are one woman,
and what the units are called.

A service takes `MIGRATIONS` into its `shared` folders and `following.consumer(name)` among its consumers; what it may
ask stands in `women.py` and `units.py`. No names of persons are here: the registry publishes none.
"""

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"
