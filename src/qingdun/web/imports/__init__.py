"""Importing a table into any register: upload, preview, accept. A room declares what it takes in `imports/`:

    register(Register(key="inventory.hosts", …, columns=(…), open=Hosts))

Reading and writing are background jobs; the preview is kept with who, when and the file's digest; accepting decides
every row again inside the transaction that writes it.
"""

from qingdun.web.imports import work as work  # its jobs are declared by being imported
from qingdun.web.imports.columns import Column, Context, field
from qingdun.web.imports.register import Refused, Register, Session, register, registers
from qingdun.web.imports.rows import Row, What

__all__ = [
    "Column",
    "Context",
    "Refused",
    "Register",
    "Row",
    "Session",
    "What",
    "field",
    "register",
    "registers",
]
