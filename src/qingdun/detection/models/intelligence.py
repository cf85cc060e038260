from __future__ import annotations

from datetime import datetime
from secrets import token_hex
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.detection.core.indicators import CATEGORIES, LONGEST, Kind

#: In the words of pages; the keys are what is stored and what `threat.indicator.type` holds.
KIND_NAMES = {
    Kind.ADDRESS: _("地址"),
    Kind.NETWORK: _("网段"),
    Kind.DOMAIN: _("域名"),
    Kind.URL: "URL",
    Kind.MD5: "MD5",
    Kind.SHA1: "SHA-1",
    Kind.SHA256: "SHA-256",
}
CATEGORY_NAMES = {
    "c2": _("远程控制"),
    "botnet": _("僵尸网络"),
    "mining": _("挖矿"),
    "ransomware": _("勒索"),
    "malware": _("恶意程序"),
    "phishing": _("钓鱼"),
    "scanner": _("扫描"),
    "bruteforce": _("暴力破解"),
    "anonymizer": _("匿名代理"),
    "spam": _("垃圾邮件"),
    "other": pgettext_lazy("category", "其他"),
}
assert CATEGORY_NAMES.keys() == CATEGORIES.keys()


def _kinds() -> list[tuple[str, Any]]:
    return [(kind.value, name) for kind, name in KIND_NAMES.items()]


def _categories() -> list[tuple[str, Any]]:
    return list(CATEGORY_NAMES.items())


class FeedQuerySet(models.QuerySet["Feed"]):
    def visible_to(self, user: Any) -> FeedQuerySet:
        """Intelligence is the platform's own: whoever may read over the whole city reads all of it."""
        return self if policy.scope(user, "detection.view").everywhere else self.none()

    def due(self, now: datetime) -> FeedQuerySet:
        """Those whose time has come."""
        return self.filter(Q(next_run__isnull=True) | Q(next_run__lte=now), on=True, every__gt=0)


class Feed(models.Model):
    """情报源: where indicators come from, how they are read and what they weigh."""

    class Every(models.IntegerChoices):
        NEVER = 0, _("不自动获取")
        HOURLY = 1, _("每小时")
        SIX_HOURS = 6, _("每 6 小时")
        DAILY = 24, _("每天")
        WEEKLY = 168, _("每周")

    class State(models.TextChoices):
        NEVER = "never", _("尚未获取")
        DONE = "done", _("获取正常")
        FAILED = "failed", _("获取失败")

    name = models.CharField(_("名称"), max_length=100, unique=True)
    shape = models.CharField(_("格式"), max_length=40)
    address = models.CharField(
        _("网址"), max_length=500, blank=True, help_text=_("http 或 https 开头；只靠上传文件或目录时留空")
    )
    folder = models.CharField(
        _("目录或文件"), max_length=300, blank=True, help_text=_("在情报目录下的相对路径；与网址二选一")
    )
    credential = models.CharField(
        _("凭据的环境变量名"),
        max_length=60,
        blank=True,
        help_text=_("变量的值写作 用户名:口令 或单独一个令牌；口令本身不保存在平台里"),
    )
    inside = models.BooleanField(_("网址在内网"), default=False, help_text=_("允许连接私有地址；平时请勿勾选"))
    category = models.CharField(
        _("情报类别"),
        max_length=20,
        blank=True,
        choices=_categories,
        help_text=_("留空则按情报自己所说，或按格式的默认值"),
    )
    weight = models.PositiveSmallIntegerField(
        _("权重"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
        help_text=_("0 到 100，越大越可信；留空用格式的默认值"),
    )
    term = models.PositiveIntegerField(
        _("有效天数"), null=True, blank=True, help_text=_("情报自己没写期限时用；留空用格式的默认值，0 为长期有效")
    )
    every = models.PositiveSmallIntegerField(_("获取周期"), choices=Every.choices, default=Every.NEVER)
    on = models.BooleanField(_("启用"), default=True, help_text=_("停用后不再获取，它的情报也不再参与比对"))
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.NEVER, editable=False)
    next_run = models.DateTimeField(_("下次获取"), null=True, blank=True, editable=False)
    taken_to = models.CharField(max_length=40, blank=True, editable=False)  # added_after of the next TAXII question
    by_hand = models.BooleanField(default=False, editable=False)  # the one that holds what people enter one by one
    created = models.DateTimeField(_("建立时间"), auto_now_add=True)

    objects: ClassVar[models.Manager[Feed]] = FeedQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("情报源")
        constraints = [
            models.UniqueConstraint(fields=["by_hand"], condition=Q(by_hand=True), name="feed_by_hand_once"),
            models.CheckConstraint(condition=Q(address="") | Q(folder=""), name="feed_from_one_place"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("detection:feed", args=[self.pk])


class FeedRun(models.Model):
    """获取记录: one attempt to take a feed in, and what became of it."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="runs")
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(_("来自"), max_length=300, blank=True)
    problem = models.TextField(_("失败原因"), blank=True)
    read = models.PositiveIntegerField(_("读到"), default=0)
    new = models.PositiveIntegerField(_("新增"), default=0)
    changed = models.PositiveIntegerField(_("有变更"), default=0)
    unchanged = models.PositiveIntegerField(_("未变"), default=0)
    refused = models.PositiveIntegerField(_("未采用"), default=0)
    reasons = models.JSONField(_("未采用的原因"), default=list, blank=True)  # [reason, count, first example]

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("获取记录")
        indexes = [models.Index(fields=["feed", "-at"], name="feed_run_newest")]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.at:%Y-%m-%d %H:%M}"


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    def visible_to(self, user: Any) -> IndicatorQuerySet:
        return self if policy.scope(user, "detection.view").everywhere else self.none()

    def standing(self, now: datetime) -> IndicatorQuerySet:
        """Those that count now: not over, no false positive, of a feed that is on."""
        return self.filter(in_term(now), marked=False, feed__on=True)


def in_term(now: datetime) -> Q:
    """Not over at that moment."""
    return Q(valid_until__isnull=True) | Q(valid_until__gt=now)


class Indicator(models.Model):
    """情报: one value that one feed names. `marked`: a person knows it to be harmless, whatever a feed says."""

    feed = models.ForeignKey(Feed, verbose_name=_("情报源"), on_delete=models.PROTECT, related_name="indicators")
    kind = models.CharField(_("类型"), max_length=8, choices=_kinds)
    value = models.CharField(_("值"), max_length=LONGEST)
    category = models.CharField(_("情报类别"), max_length=20, choices=_categories)
    weight = models.PositiveSmallIntegerField(_("权重"), validators=[MaxValueValidator(100)])
    note = models.CharField(_("说明"), max_length=200, blank=True)
    key = models.CharField(max_length=32, blank=True, editable=False)  # first address, see inventory.core.addresses
    valid_from = models.DateTimeField(_("生效时间"), null=True, blank=True)
    valid_until = models.DateTimeField(_("失效时间"), null=True, blank=True)
    added = models.DateTimeField(_("收录时间"))
    hits = models.BigIntegerField(_("命中"), default=0)
    last_seen = models.DateTimeField(_("最近命中"), null=True, blank=True)
    looked_back = models.BooleanField(_("已回溯"), default=False)
    marked = models.BooleanField(_("误报"), default=False)
    mark_reason = models.CharField(_("误报理由"), max_length=200, blank=True)
    marked_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    marked_at = models.DateTimeField(_("标记时间"), null=True, blank=True)

    objects: ClassVar[models.Manager[Indicator]] = IndicatorQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("情报")
        constraints = [
            models.UniqueConstraint(fields=["feed", "kind", "value"], name="indicator_once_a_feed"),
            models.CheckConstraint(condition=Q(weight__lte=100), name="indicator_weight_to_100"),
        ]
        indexes = [
            models.Index(fields=["value"], name="indicator_by_value"),
            models.Index(fields=["key"], name="indicator_by_key", condition=~Q(key="")),
            models.Index(fields=["valid_until"], name="indicator_by_end"),
            models.Index(fields=["id"], name="indicator_to_look_back", condition=Q(looked_back=False)),
            models.Index(fields=["-hits"], name="indicator_by_hits", condition=Q(hits__gt=0)),
            models.Index(fields=["kind", "value"], name="indicator_marked", condition=Q(marked=True)),
        ]

    def __str__(self) -> str:
        return self.value

    def get_absolute_url(self) -> str:
        return reverse("detection:indicator", args=[self.pk])


class Edition(models.Model):
    """情报版本: one row that changes with everything readers must hear of.

    `mark` is drawn anew each time, so that records restored from a copy never meet a file of another history.
    """

    number = models.BigIntegerField(default=0)
    mark = models.CharField(max_length=16, default="")

    class Meta:
        verbose_name = _("情报版本")

    def __str__(self) -> str:
        return f"{self.number}-{self.mark}"

    @classmethod
    def advance(cls) -> None:
        """In the transaction of the change."""
        mark = token_hex(8)
        if not cls.objects.filter(pk=1).update(number=F("number") + 1, mark=mark):
            cls.objects.create(pk=1, number=1, mark=mark)

    @classmethod
    def current(cls) -> str:
        """Empty when there has never been an indicator."""
        found = cls.objects.filter(pk=1).first()
        return str(found) if found else ""
