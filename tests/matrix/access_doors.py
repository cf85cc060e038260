"""External doors stand open as the login page does; what is proven there is tested in tests/access/doors."""

from __future__ import annotations

import json

from qingdun.access import doors
from qingdun.lib.home import content
from tests.matrix.rows import PUBLIC, Made, Row
from tests.matrix.scene import Scene

CAS = {"kind": "cas", "server": "https://sso.example.cn/cas"}
SAML = {
    "kind": "saml",
    "server": "https://sso.example.cn/saml",
    "issuer": "https://sso.example.cn/",
    "certificate": "MIIB",
}


def _file(scene: Scene, settings: dict[str, str]) -> Made:
    file = content() / "access" / "doors" / "matrix.yaml"

    def remove() -> None:
        file.unlink(missing_ok=True)
        doors.doors.cache_clear()

    scene.keep.callback(remove)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"name": "认证", "english": "SSO", **settings}), "utf-8")
    doors.doors.cache_clear()
    return {"key": "matrix"}


def cas(scene: Scene) -> Made:
    return _file(scene, CAS)


def saml(scene: Scene) -> Made:
    return _file(scene, SAML)


ROWS = (
    Row("access:door", "GET", PUBLIC, cas, here=302, shows=False),
    Row("access:door", "POST", PUBLIC, cas),
    Row("access:door_back", "GET", PUBLIC, cas, here=302, shows=False),
    Row("access:door_acs", "POST", PUBLIC, saml),
    Row("access:door_metadata", "GET", PUBLIC, saml, shows=False),
)
