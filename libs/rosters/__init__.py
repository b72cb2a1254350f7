"""Reading and answering the spreadsheets that offices keep: xlsx, xls and csv, found by header, answered by row."""
