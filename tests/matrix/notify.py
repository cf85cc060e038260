from __future__ import annotations

from django.db import transaction

from qingdun import notify
from qingdun.lib.home import content
from qingdun.notify.models import Message
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

CHANNELS = "notify.channels"
CHANNEL = "name: 值班群\nenglish: Duty group\nurl: json://127.0.0.1:9/\nkinds: [logs.silent]\n"


def message(scene: Scene) -> Made:
    with transaction.atomic():
        notify.send([scene.me], "access.grant", f"{scene.mark}已批准", text="正文")
    return {"pk": Message.objects.get(account=scene.me).pk}


def box(scene: Scene) -> Made:
    return {} if message(scene) else {}


def channel(scene: Scene) -> Made:
    folder = content() / "notify" / "channels"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "matrix.yaml"
    file.touch(mode=0o600)
    file.write_text(CHANNEL, "utf-8")
    scene.keep.callback(file.unlink)
    return {"key": "matrix"}


ROWS = (
    Row("web:messages", make=box),
    Row("web:read_messages", "POST", make=box, api="notify_read"),
    Row("web:message", make=message),
    Row("web:channels", "GET", CHANNELS, root=True),
    Row("web:try_channel", "POST", CHANNELS, channel, root=True),
    Row("notify_messages", make=box),
    Row("notify_read", "POST", make=box),
)
