"""The demo data and the code that loads it."""
