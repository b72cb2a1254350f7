"""Deterministic simulation of the kernel: the real code, on virtual time, over models of PostgreSQL and Kafka.

`loop`: time and order from a seed. `transactions`, `table`, `database`, `connections`: the model of the server.
`kernel_log`, `kernel_cursors`, `kernel_facts`, `kernel_forward`: what each statement of the kernel does in it.
`broker`, `group`: the model of Kafka; `wire`, `kafka_clients`, `kafka_readers`: how it is reached.
"""
