"""Checks of what a service's database says against what it must say: read only, in one snapshot, in small memory.

`streams` walks the private log, `published` the published one, `readers` looks at offsets and cursors. Each gives
`Check`s that count what was looked at and name the first faults with their places.
"""
