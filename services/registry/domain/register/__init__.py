"""The rules of a register export: pure functions from rows to people, households and findings."""
