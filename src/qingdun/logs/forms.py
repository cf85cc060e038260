from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.logs.core.schema import DEVICES
from qingdun.logs.known import known
from qingdun.logs.models import Source
from qingdun.web.forms import offer, offer_rows


class SourceForm(forms.ModelForm[Source]):
    """A source as its keeper describes it. Whoever holds the permission below the root must name a unit of his."""

    format = forms.ChoiceField(
        label=_("格式"), required=False, help_text=_("已知设备型号时选定，读得更准；否则自动识别")
    )

    class Meta:
        model = Source
        fields = ["name", "via", "address", "format", "unit", "relay", "silent_after"]

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope = policy.scope(user, "logs.manage_sources")
        choices = [("", _("自动识别"))] + [(key, one.name) for key, one in known().items()]
        offer(self, "format", choices)
        offer_rows(self, "unit", Unit.objects.filter(scope.q("path")))
        self.fields["unit"].required = not scope.everywhere
        if not scope.everywhere:  # relays and files are the platform's (`actions`)
            del self.fields["relay"]
            offer(self, "via", [(via, title) for via, title in Source.Via.choices if via != Source.Via.FILE])
        self.fields["address"].help_text = _(
            "Syslog 填发送方 IP（经转发器时填日志头中的主机名），文件填路径，HTTP 留空"
        )
        self.fields["silent_after"].min_value = 1  # type: ignore[attr-defined]


#: Classes of devices in words; a class without a word stands as it is.
DEVICE_WORDS = {
    "waf": _("Web 应用防火墙"),
    "fw": _("防火墙"),
    "ips": _("入侵防御"),
    "ids": _("入侵检测"),
    "nta": _("流量分析"),
    "apt": _("高级威胁检测"),
    "edr": _("终端检测与响应"),
    "av": _("防病毒"),
    "hids": _("主机入侵检测"),
    "nac": _("终端准入"),
    "acm": _("上网行为管理"),
    "utm": _("综合网关"),
    "siem": _("安全管理平台"),
    "vulnscan": _("漏洞扫描"),
    "antiddos": _("抗拒绝服务"),
    "bastion": _("运维审计"),
    "audit": _("日志审计"),
    "dbaudit": _("数据库审计"),
    "dlp": _("数据防泄漏"),
    "honeypot": _("蜜罐"),
    "vpn": _("VPN"),
    "gap": _("网闸"),
    "switch": _("交换机"),
    "lb": _("负载均衡"),
    "web": _("网站服务器"),
    "mail": _("邮件"),
    "dns": _("域名解析"),
    "os": _("操作系统"),
    "app": _("应用程序"),
    "generic": _("其他"),
}
DEVICE_CHOICES = [(key, DEVICE_WORDS.get(key, key)) for key in DEVICES]
