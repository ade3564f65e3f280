"""What is handed on of a child's record: a calendar, a sheet, a file for other programs."""
