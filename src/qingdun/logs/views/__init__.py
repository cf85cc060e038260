"""Pages of the log room: one module a tab."""
