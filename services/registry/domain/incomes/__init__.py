"""Yearly income of a household: the lines of the form, the per-head formula, its assessments."""
