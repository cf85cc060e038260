"""What every room may use and what knows no room: registry loader, working-day clock, value types.

Not for: anything with Django, rows, pages or a bureau word in its name.
"""
