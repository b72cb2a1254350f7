"""Death at every step: named processes are killed or frozen at named points, and so are the servers beneath them."""
