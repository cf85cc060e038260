"""Keys of devices → columns, when no format says better (device_formats §1.1: the generic mapper reads most lines).

Keys are compared squashed: lower case, without `_ - . /` and spaces. Earlier names win over later ones of the same
column. Weak names mean different things per vendor and count only where no format was recognised.
"""

# ruff: noqa: E501  (a list of words reads better whole)
from __future__ import annotations

import re
from functools import cache

from qingdun.logs.core.columns import EVENT

STRONG: dict[str, str] = {
    "source.ip": "srcip sip sourceip sourceaddress sourceaddr srcaddr srcipaddr src srcipv4 srcipv6 srcipv6addr sourceipv4 sa addrsrc saddr "
    "isrcip attsrc attackerip attacker attackip attacksip alarmsip rsips 源ip 源地址 源ip地址 攻击源ip 攻击源 攻击ip 攻击者ip 攻击者 源ipv4 "
    "clientip clientaddr clientaddress clientipaddr remoteip remoteaddr remoteaddress remoteipaddress remotehost remoteaddrip peeraddr peerip rhost "
    "客户端ip 客户端地址 客户ip 客户端ip地址 来源ip 源ip地址信息 loginip loginaddr operateip operatorip uip hstip srcipi idorigh sourcenetworkaddress "
    "源网络地址 登录ip 登录地址 sourceipaddress downstreamremoteaddress cip srcipstr originip masterip masterip6 srcip6 useraddr userip sip1 clientipv4",
    "source.port": "srcport sport sourceport srcportnumber portsrc clientport rsport isrcport spt 源端口 客户端端口 sourceportnumber idorigp remoteport masterport userport sp sport1 源端口号 客户端口",
    "destination.ip": "dstip dip destip destinationip destinationaddress destaddr dstaddr dstipaddr dst dstipv4 dstipv6 dstipv6addr destipv4 da addrdst daddr "
    "idstip victimip victim rdips 目的ip 目标ip 目的地址 目标地址 目的ip地址 受害者ip 受害ip 被攻击ip 服务器ip 服务器地址 目的ipv4 serverip serveraddr serveraddress "
    "targetip destinationipaddress idresph targetaddress 目标主机 aip assetip localip slaveip slaveip6 dstip6 resourceaddr resourceip dip1",
    "destination.port": "dstport dport destport destinationport portdst serverport rdport idstport dpt 目的端口 目标端口 服务器端口 serviceport targetport idrespp resourceport dp dport1 slaveport 目的端口号",
    "source.mac": "srcmac smac sourcemac 源mac 源mac地址 ssrcmac srcmacaddr clientmac umac 客户端mac地址 客户端mac",
    "destination.mac": "dstmac dmac destmac destinationmac 目的mac 目的mac地址 sdstmac dstmacaddr servermac",
    "network.transport": "proto protocol protoname transport transportprotocol tproto ipproto ipprotoid protoid protocolid rprotocolname 协议 传输协议 协议类型 prot networktransport sprotocol protocolnumber",
    "network.protocol": "appproto appprotocol applicationprotocol networkprotocol 应用协议 应用层协议 apppro",
    "network.forwarded_ip": "xff xforwardedfor xrealip forwardedfor rxip realip 真实ip xforwardfor",
    "rule.id": "ruleid sid signatureid eventid rrruleid rruleid signid sigid 规则id 规则编号 触发规则 attackid 特征id threatid 威胁id 漏洞编号 secrule ruleno characterid vulid",
    "rule.name": "rulename signame signature signname threatname attackname eventname vulnname vulname virusname 规则名称 威胁名称 事件名称 漏洞名称 病毒名称 病毒名 攻击名称 "
    "特征名称 告警名称 alertname alarmname charactername malwarename navvirus malname avname attacksubtype icpeventname 命中规则 triggername iocname ioaname blacklistname behaviornamecn",
    "rule.category": "attacktype rulecategory threattype eventtype category 攻击类型 威胁类型 事件类型 attacktypename rtypename securitytype evttype viruscategory virustype 攻击类别 规则类型 vulntype classtype attackcategory traffictype defendtype malwaretype",
    "event.action": "action act eventaction 系统动作 动作 响应动作 处置动作 处理动作 响应行为 响应方式 actionname handleaction ractiondetails netaction acted disposition 执行动作 阻断动作 防护动作 handle",
    "log.level": "severity 严重级别 严重等级 威胁级别 威胁等级 威胁 风险级别 风险等级 危险级别 危险等级 告警级别 告警等级 事件级别 日志级别 threatlevel dangerdegree dangerlevel eventlevel eventlevelname "
    "alertlevel evtlevel vullevel hazardlevel loglevel risklevel alarmlevel levelname eventseverity threatseverity characterlevel rseverity severitylevel ruleseverity",
    "user.name": "username user usrname loginuser suser duser srcuser sourceuser 用户 用户名 用户名称 帐户名 账户名 账号 帐号 登录用户 操作用户 operatorname operator accountname targetusername targetuser dbusr dbuser 数据库用户名 clientusername login",
    "@timestamp": "timestamp eventtime time gentime starttime stattime createtime logtime recordtime occurtime happentime occurredtime datetime alerttime timelocal timeiso8601 "
    "rtimes writedate ctime begintime begintimec firsttime detecttime scantime requesttime ts 发生时间 时间 事件时间 告警时间 攻击时间 捕获时间 操作时间 日志时间 记录时间 t rt devtime ubegintime firstseen operatingtime curt etime",
    "url.original": "url uri requesturi requesturl httpurl urlpath rurl urladdress url地址 请求url 网址 targeturl tamperedurl request_url cururl fullurl requrl 访问url csuristem requestpath 请求地址 访问地址 xenvoyoriginpath request",
    "url.path": "urlpath path 资源路径 uripath 请求路径 httppath",
    "url.query": "querystring 请求参数 uriquery httpquery csuriquery",
    "url.domain": "domain httphost urldomain authority 域名 主机名 website 站点域名 servername httphostname virtualhost vhost requesthost 站点 domainname",
    "http.request.method": "method httpmethod requestmethod reqmethod verb 请求方法 http方法 请求方式 httprequestmethod csmethod wafmethod",
    "http.request.referrer": "referer referrer httpreferer httpreferrer refer requestreferer",
    "http.response.status_code": "statuscode httpstatus responsestatus responsecode httpstatuscode rspstatus httpcode responsestatuscode originstatus downstreamstatus 响应码 状态码 https响应码 http响应码 scstatus status retcode 返回码 httpresponsecode",
    "http.response.body.bytes": "bodybytessent bytessent responsebytes downstreamcontentsize responsesize respsize contentlength scbytes",
    "user_agent.original": "useragent httpuseragent agent ua 客户端环境 用户代理 requestuseragent requestclientapplication csuseragent",
    "file.path": "filepath file filename viruspath malwarepath 文件路径 文件名 文件名称 virusfilename fname fileinfected infectedfile targetname 病毒路径",
    "file.hash.md5": "md5 filemd5 filehashmd5 hashmd5 md5sum",
    "vulnerability.id": "cve cveid cvenumber vulnerabilityid cve编号 cves",
    "threat.technique.id": "attck attcktech techniqueid mitreid mitretechniqueid attackmitreid techniques",
    "process.name": "processname process procname 进程名 进程名称 comm exe image clfprocessname",
    "observer.ip": "deviceip devip dvc devipv4 deviceaddress 设备ip 设备地址 sensorip fortip dvcip observerip",
    "host.name": "computername devname devicename computer hostname 主机名称 计算机名 终端名称 设备名称 host_name machinename dvchost term agentname",
    "qingdun.count": "count repeat cnt evtcount matchcount hitnum eventnum summarycount 次数 攻击次数 命中次数 alertcount repeated attackcount logcount atktimes repeatcnt aggregationcount",
    "event.code": "eventkind logtype subtype eventcode logname 日志类型 module mod clseventtype recorder",
    "event.outcome": "outcome attackresult 攻击结果 结果 操作结果 执行结果 loginresult operresult result status attackstatus success",
    "message": "message msg dspmsg description desc eventdesc 描述 日志内容 内容 详情 详细信息 detail info 消息 content ruledesc reason fulllog",
}
WEAK: dict[str, str] = {
    "source.ip": "ip ipaddress ipaddr address addr client remote from host hostip reportip connection server_client sourcehost source peer user_ip ip地址 终端ip 主机ip 设备ip 设备ip地址 agentid clienthost xforwardedfor originatingip cfconnectingip requestip srcnode",
    "destination.ip": "dest destination offencevalue targethost server target dstnode hostaddress",
    "rule.name": "event 事件 title target alert rule msg subject dspmsg symbol attack virus name type object_name objectname actionname action_name operate opt description desc content 策略名称 策略 policyname 日志类型 logtype eventtype label sceneName objecttype modulename message",
    "event.action": "dataaction op policy operation operationtype 操作 操作类型 操作对象 opt operate behavior handle cmd instruction option evtaction function",
    "log.level": "level pri priority risk 级别 等级 s lvl loglevelname alarm rank levelstr threatstr",
    "user.name": "admin account uname loginname acct email actor userid user_id suid operator_user",
    "http.response.status_code": "code",
    "@timestamp": "date @timestamp updatetime endtime lasttime generated",
    "destination.port": "port",
    "file.path": "filename1 path1",
    "event.code": "type kind class eventtype code eventname action classid vultype",
    "rule.category": "type family classification",
    "url.domain": "host site query rrname sni",
    "host.name": "host",
    "message": "log summary text remark objectinfo",
}
#: Ranks of weak names start here.
WEAK_FROM = 1000
_SQUASH = re.compile(r"[\s_\-./@:]+")


def squash(key: str) -> str:
    """One spelling for `src_ip`, `SrcIP`, `src-ip` and `Src.IP`."""
    return _SQUASH.sub("", key).lower()


@cache
def table() -> dict[str, list[tuple[str, int]]]:
    """Squashed key → the columns it may fill, each with its rank (lower is better)."""
    found: dict[str, list[tuple[str, int]]] = {}
    for base, names in ((0, STRONG), (WEAK_FROM, WEAK)):
        for column, words in names.items():
            for rank, word in enumerate(words.split()):
                entry = found.setdefault(squash(word), [])
                if all(column != known for known, _ in entry):
                    entry.append((column, base + rank))
    for column in EVENT:  # a device or forwarder that already speaks ECS
        if not column.startswith(("qingdun.", "event.ingested", "event.original", "error.")):
            found.setdefault(squash(column), []).insert(0, (column, -1))
    return found
