"""What one row of the permission matrix says: a door, who may pass it, and how to knock.

    Row("inventory:host_edit", "POST", "inventory.edit", make=host, data={"name": "…", …})

`at` is a route's name (`room:name`) or the id of an API operation (without colon). One file a room or a theme of it,
`tests/matrix/<any>.py` with `ROWS`; it is found by itself. `test_matrix.py` asks each row by four visitors with real
requests:

- nobody: has not signed in
- wrong: a role without the permission, over the whole city (for SIGNED_IN: an account without any role)
- elsewhere: the right role, over another unit (for SIGNED_IN: another account)
- here: the right role over the unit in which `make` made the subject (for SIGNED_IN: `scene.me`, whose thing it is)

What each must hear follows from the row; where a door answers otherwise for good reason the row says so
(`elsewhere=403`). Nobody but `here` may ever read `scene.mark`, which `make` puts into the subject's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

SIGNED_IN = "signed in"
PUBLIC = "public"
KEYED = "a key of its own"  # a machine's door: no account opens it, session or not
Made = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """`make(scene)` builds the subject in `scene.here` and gives the parameters of the address (none for a list).

    `data`: what is sent (form fields, for an operation JSON), or a function of the scene and what `make` gave.
    `root`: the platform's own, which no unit owns: the right role passes from the root of the tree only.
    `role`, `wrong_role`: when the first role with (without) the permission is not the one to ask with.
    `here`, `elsewhere`, `wrong`: the status expected where `expected` does not fit. `shows`: does `here` read the mark
    (by default for a GET with a subject)?
    `api`: for a page's POST, the operation by which a program does the same; several with a space between.
    """

    at: str
    method: str = "GET"
    permission: str = SIGNED_IN
    make: Callable[[Any], Made] | None = None
    data: Mapping[str, Any] | Callable[[Any, Made], Mapping[str, Any]] = field(default_factory=dict)
    query: str = ""
    root: bool = False
    role: str = ""
    wrong_role: str = ""
    here: int = 0
    elsewhere: int = 0
    wrong: int = 0
    shows: bool | None = None
    api: str = ""

    @property
    def is_operation(self) -> bool:
        return ":" not in self.at

    @property
    def name(self) -> str:
        return f"{self.method} {self.at}"

    @property
    def marked(self) -> bool:
        """Must `here` read the mark?"""
        return self.make is not None and self.method == "GET" if self.shows is None else self.shows

    def expected(self, parameters: bool) -> dict[str, str]:
        """What the four must hear; `parameters`: does the address name a subject?"""
        here = str(self.here or self._success())
        if self.permission == KEYED:
            return dict.fromkeys(VISITORS, "401")
        assert int(here) < 400, f"{self.name}: the right role must succeed"
        if self.permission == PUBLIC:
            return dict.fromkeys(VISITORS, here)
        nobody = "401" if self.is_operation or self.at.startswith("api:") else LOGIN
        if self.permission == SIGNED_IN:
            others = "404" if parameters and self.make else f"{here}{self._unseen}"
            heard = (nobody, str(self.wrong or others), str(self.elsewhere or others), here)
            return dict(zip(VISITORS, heard, strict=True))
        assert self.wrong in (0, 403, 404), f"{self.name}: the wrong role must be refused"
        return dict(
            zip(VISITORS, (nobody, str(self.wrong or 403), self._elsewhere(parameters, here), here), strict=True)
        )

    def _success(self) -> int:
        if self.method == "POST" and not self.is_operation:
            return 302
        return 204 if self.method == "DELETE" else 200

    def _elsewhere(self, parameters: bool, here: str) -> str:
        if self.elsewhere:
            return f"{self.elsewhere}{self._unseen if self.elsewhere < 400 else ''}"
        if self.root:
            return "403"
        return "404" if parameters and self.make else f"{here}{self._unseen}"

    @property
    def _unseen(self) -> str:
        return f" {UNSEEN}" if self.marked else ""


VISITORS = ("nobody", "wrong", "elsewhere", "here")
LOGIN = "登录"
UNSEEN = "不见"
