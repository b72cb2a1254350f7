"""Needs of a woman: why she is poor, what she can and wants to do, who minds her children."""
