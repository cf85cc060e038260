from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """消息: one thing one account was told. It belongs to that account alone."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(_("类别"), max_length=60)
    title = models.CharField(_("标题"), max_length=200)
    text = models.TextField(_("内容"), blank=True)
    link = models.CharField(_("链接"), max_length=300, blank=True)
    sent = models.DateTimeField(_("时间"), auto_now_add=True)
    read = models.DateTimeField(_("已读时间"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("消息")
        indexes = [
            models.Index(fields=["account", "-id"], name="message_box"),
            models.Index(fields=["account"], condition=models.Q(read=None), name="message_unread"),
        ]

    def __str__(self) -> str:
        return self.title


class Delivery(models.Model):
    """外发: one pointer on its way through one channel."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待发")
        SENT = "sent", _("已发")
        FAILED = "failed", _("未送达")

    channel = models.CharField(_("通道"), max_length=60)
    kind = models.CharField(_("类别"), max_length=60)
    title = models.CharField(_("标题"), max_length=200)
    body = models.TextField(_("内容"), blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.WAITING)
    failures = models.PositiveSmallIntegerField(_("失败次数"), default=0)
    problem = models.CharField(_("原因"), max_length=300, blank=True)
    asked = models.DateTimeField(_("提出时间"), auto_now_add=True)
    due = models.DateTimeField(_("下次尝试"))
    done = models.DateTimeField(_("完成时间"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("外发")
        indexes = [models.Index(fields=["state", "due"], name="delivery_due")]

    def __str__(self) -> str:
        return f"{self.channel}：{self.title}"
