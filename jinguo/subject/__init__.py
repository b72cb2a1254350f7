"""One person's rights over her data, for the owner of the machine: everything held about her, and its erasure."""
