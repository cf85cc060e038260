"""What must stand before the first process starts: records up to date, and on the first start someone to sign in."""

from __future__ import annotations

import os
import sys

from qingdun.lib.command import Unusable
from qingdun.lib.home import home


def refuse_mixing(sample: str) -> None:
    """A sample installation has public passwords: it never becomes a real one, nor a real one a sample."""
    database, mark = home() / "qingdun.sqlite3", home() / "sample"
    if sample == "none" and mark.exists():
        raise Unusable(f"{home()} 里是样例安装；请把 QINGDUN_HOME 指到别的目录再启动正式安装")
    if sample != "none" and database.exists() and not mark.exists():
        raise Unusable(f"{home()} 里已有正式安装的数据，不能装入样例；请把 QINGDUN_HOME 指到别的目录")


def prepare(sample: str) -> bool:
    """Bring the records up to date; on the first start (then True) add the sample city or the three officers."""
    mark = home() / "sample"
    if sample != "none":
        mark.touch(mode=0o600)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingdun.config.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    if not settings.STATIC_ROOT.exists():
        from qingdun.web import assets

        assets.build()
    call_command("migrate", verbosity=0)
    from qingdun.access.models import Account

    if Account.objects.exists():
        return False
    if sample != "none":
        from qingdun.config.sample import load

        print("正在建立样例城市…", file=sys.stderr)
        load(sample)
    else:
        _introduce_officers()
    return True


def _introduce_officers() -> None:
    from qingdun.access.actions import first_officers

    print("首次启动：已建立三员账号。一次性口令只显示这一次，首次登录须修改：\n")
    for account, password in first_officers():
        print(f"  {account.person.name:<8}  账号 {account.username:<16}  口令 {password}")
    print()
