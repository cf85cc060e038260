"""The only doors through which the register changes: permit, check, save, history, audit, all in one transaction.

`register.py`: one thing; `bulk.py`: thousands at once; `follow.py`: what follows from a change in the dated rows.
"""

from qingdun.inventory.actions.bulk import change_many, enter, index
from qingdun.inventory.actions.reconcile import accept, explain, sweep, take
from qingdun.inventory.actions.register import Asset, change, correct, move, register, remove, retire

__all__ = [
    "Asset",
    "accept",
    "change",
    "change_many",
    "correct",
    "enter",
    "explain",
    "index",
    "move",
    "register",
    "remove",
    "retire",
    "sweep",
    "take",
]
