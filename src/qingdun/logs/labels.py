"""What the columns of an event and our own words in them are called on a page."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from qingdun.web.marks import Tone, badge

FIELDS: dict[str, str | Promise] = {
    "@timestamp": _("发生时间"),
    "event.ingested": _("收到时间"),
    "qingdun.batch": _("批次"),
    "qingdun.row": _("批内序号"),
    "qingdun.source": _("日志来源"),
    "qingdun.format": _("日志格式"),
    "qingdun.action": _("处置结果"),
    "qingdun.count": _("折合次数"),
    "event.action": _("设备所称动作"),
    "event.category": _("事件类别"),
    "event.code": _("事件代码"),
    "event.kind": _("事件种类"),
    "event.outcome": _("事件结果"),
    "event.severity": _("严重级别"),
    "log.level": _("设备所称级别"),
    "log.syslog.priority": _("Syslog 优先级"),
    "log.syslog.hostname": _("日志头主机名"),
    "log.syslog.appname": _("日志头程序名"),
    "log.syslog.procid": _("日志头进程号"),
    "observer.ip": _("设备地址"),
    "observer.type": _("设备类型"),
    "observer.vendor": _("设备厂商"),
    "source.ip": _("源地址"),
    "source.port": _("源端口"),
    "source.mac": _("源 MAC"),
    "destination.ip": _("目的地址"),
    "destination.port": _("目的端口"),
    "destination.mac": _("目的 MAC"),
    "network.transport": _("传输协议"),
    "network.protocol": _("应用协议"),
    "network.forwarded_ip": _("代理前地址"),
    "host.name": _("主机名"),
    "user.name": _("用户"),
    "process.name": _("进程"),
    "rule.id": _("规则号"),
    "rule.name": _("规则名"),
    "rule.category": _("攻击类型"),
    "rule.ruleset": _("规则集"),
    "threat.technique.id": _("攻击技术"),
    "vulnerability.id": _("漏洞编号"),
    "url.original": _("网址"),
    "url.domain": _("域名"),
    "url.path": _("网址路径"),
    "url.query": _("网址参数"),
    "http.request.method": _("请求方法"),
    "http.request.referrer": _("来源页"),
    "http.response.status_code": _("状态码"),
    "http.response.body.bytes": _("响应字节"),
    "http.version": _("HTTP 版本"),
    "user_agent.original": _("客户端标识"),
    "file.path": _("文件路径"),
    "file.hash.md5": _("文件 MD5"),
    "message": _("说明"),
    "qingdun.attack": _("攻击类别"),
    "qingdun.score": _("攻击得分"),
    "qingdun.evidence": _("攻击特征"),
    "qingdun.host": _("涉及主机"),
    "qingdun.system": _("涉及系统"),
    "qingdun.unit": _("涉及单位"),
    "network.direction": _("流量方向"),
    "threat.indicator.name": _("命中情报"),
    "threat.indicator.type": _("情报类别"),
    "threat.indicator.confidence": _("情报权重"),
    "qingdun.extra": _("其他字段"),
    "event.original": _("原始日志"),
    "error.message": _("未识别原因"),
}

ACTIONS: dict[str, tuple[str | Promise, Tone]] = {
    "blocked": (_("拦截"), "ok"),
    "allowed": (_("放行"), "plain"),
    "alerted": (_("告警"), "warn"),
    "deceived": (_("诱骗"), "brand"),
}
SEVERITIES: dict[int, tuple[str | Promise, Tone]] = {
    1: (_("信息"), "plain"),
    2: (_("低"), "plain"),
    3: (_("中"), "warn"),
    4: (_("高"), "bad"),
    5: (_("严重"), "severe"),
}


def action(value: str | None) -> SafeString:
    return badge(*ACTIONS[value]) if value in ACTIONS else SafeString("")


def severity(value: int | None, least: int = 1) -> SafeString:
    return badge(*SEVERITIES[value]) if value in SEVERITIES and value >= least else SafeString("")


def words(field: str, value: object) -> str:
    """A value as people call it: our own words translated, everything else as it is."""
    if field == "qingdun.action" and value in ACTIONS:
        return str(ACTIONS[str(value)][0])
    if field == "event.severity" and value in SEVERITIES:
        return f"{value} {SEVERITIES[int(str(value))][0]}"
    return str(value)
