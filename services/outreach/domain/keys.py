"""Ids that follow from what a thing is: a sheet that comes again meets the activities that it brought."""

from datetime import date
from uuid import UUID, uuid5

from libs.values.division import Division

NAMESPACE = UUID("0b1f6c0e-55a1-5d0e-9a52-6a3a7d1f4c11")


def activity_id(unit: str, division: str, day: date, title: str, form: str) -> UUID:
    """An activity of a sheet is its place, first day, name and form, inside the county that reports it."""
    known_in = Division(unit).at("county").code
    return uuid5(NAMESPACE, "\x1f".join(("activity", known_in, division, day.isoformat(), title, form)))
