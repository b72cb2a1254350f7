"""Demo data: one county of invented people, loaded through the same API as everybody's data."""
