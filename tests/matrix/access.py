from __future__ import annotations

from tests.matrix.rows import PUBLIC, Row

NEW = "another-Horse-7-battery"


ROWS = (
    Row("access:login", "GET", PUBLIC),
    Row(
        "access:login",
        "POST",
        PUBLIC,
        data=lambda scene, made: {"username": scene.me.username, "password": scene.password},
    ),
    Row("access:answer", "GET", PUBLIC, here=302),  # nobody's password was right just before
    Row("access:answer", "POST", PUBLIC, data={"code": "000000"}, here=302),
    Row("access:logout", "POST"),
    Row("access:factors"),
    Row("access:again"),
    Row("access:again", "POST", data=lambda scene, made: {"password": scene.password}),
    Row("access:totp"),
    Row("access:totp", "POST", data={"code": "000000"}, here=200),
    Row("access:key"),
    Row("access:key", "POST", data={"name": "U 盾", "credential": "{}"}, here=200),
    Row("access:codes", "POST"),
    Row("access:end_sessions", "POST"),
    Row("access:remove_factor", "POST", data={"factor": "0"}),
    Row("access:password"),
    Row(
        "access:password",
        "POST",
        data=lambda scene, made: {"current": scene.password, "new": NEW, "again": NEW},
    ),
    Row("access_me"),
)
