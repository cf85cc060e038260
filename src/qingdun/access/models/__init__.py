"""What is stored of people and their powers."""

from qingdun.access.models.people import Account, AccountQuerySet, Grant, GrantQuerySet, Person, Unit

__all__ = ["Account", "AccountQuerySet", "Grant", "GrantQuerySet", "Person", "Unit"]
