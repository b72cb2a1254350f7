"""Deterministic simulation of the kernel: the real code, on virtual time, over a model of PostgreSQL.

`loop`: time and order from a seed. `transactions`, `table`, `database`, `connections`: the model of the server.
`kernel_log`, `kernel_cursors`, `kernel_facts`: what each statement of the kernel does in it.
"""
