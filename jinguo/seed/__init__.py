"""Synthetic registers of any size: invented households over real villages, year by year, the same for the same seed."""
