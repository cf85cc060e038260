"""Forms of this room, one file a theme."""
