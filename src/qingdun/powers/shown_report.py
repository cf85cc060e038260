"""The integrity report in words: key figures, what is kept, what protects it, and what could protect it better."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from qingdun.audit.report import FLOOR_DAYS, Report
from qingdun.powers.entries import act
from qingdun.web.details import Fact, Kpi
from qingdun.web.marks import mark


def context(report: Report) -> dict[str, Any]:
    return {
        "report": report,
        "kpis": _kpis(report),
        "kept": _kept(report),
        "protection": _protection(report),
        "advice": _advice(report),
        "readers": [(act(one.action), one) for one in report.readers],
    }


def _kpis(report: Report) -> list[Kpi]:
    found = report.verification
    met = f"{found.checkpoints_met:,} / {found.checkpoints_read:,}" if found else "—"
    return [
        Kpi(_("记录"), f"{report.entries:,}"),
        Kpi(_("已留存"), f"{report.kept_days:,}", _("天"), note=_("不少于 %d 天，不可调低") % FLOOR_DAYS),
        Kpi(_("检查点"), f"{report.checkpoints:,}", note=_newest(report)),
        Kpi(_("核验时相符的检查点"), met, tone="" if not found or found.whole else "bad"),
    ]


def _kept(report: Report) -> list[Fact]:
    return [
        Fact(_("最早一条"), report.oldest),
        Fact(_("最近一条"), report.newest),
        Fact(_("删除"), _("没有：平台不提供任何删除或缩短留存的功能，也没有这样的设置。"), wide=True),
    ]


def _protection(report: Report) -> list[Fact]:
    guarded = report.protection
    wrong = "、".join(guarded.wrong_guards)
    stands = mark(_("齐全"), "circle", "ok") if not wrong else mark(_("异常：%s") % wrong, "triangle", "bad")
    return [
        Fact(_("触发器"), stands),
        Fact(_("审计表归属"), _owner(report)),
        Fact(_("检查点目录"), report.folder, code=True, wide=True),
        Fact(_("签名公钥指纹"), report.fingerprint, code=True, wide=True),
    ]


def _owner(report: Report) -> str | SafeString:
    guarded = report.protection
    if guarded.database != "postgresql":
        return _("SQLite，不分账号")
    if guarded.separate:
        return mark(_("%s，平台账号无权改动") % guarded.owner, "circle", "ok")
    return mark(_("平台账号自己（%s）") % guarded.account, "triangle", "warn")


def _advice(report: Report) -> list[str]:
    found = []
    if not report.outside:
        found.append(
            _("检查点目录在本机数据目录里，拿到整台机器的人可以一起改掉；请用 QINGDUN_CHECKPOINTS 设到别的机器上。")
        )
    if report.protection.database == "postgresql" and not report.protection.separate:
        found.append(_("平台的数据库账号可以拆掉触发器；请让数据库管理员执行 qingdun audit guards --sql 打印的语句。"))
    return found


def _newest(report: Report) -> str:
    return f"{localtime(report.checkpoint.at):%Y-%m-%d %H:%M}" if report.checkpoint else ""
