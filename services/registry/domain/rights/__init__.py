"""The rights of a woman over her data: told, asked, answered, corrected, restricted (PIPL art. 14-17, 29-31, 44-50)."""
