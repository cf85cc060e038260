"""What the page patterns decide: page arithmetic, safe spreadsheet cells, progress. Pure."""
