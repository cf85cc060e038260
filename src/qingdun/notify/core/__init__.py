"""Deciding what leaves, and when to try again. Pure."""
