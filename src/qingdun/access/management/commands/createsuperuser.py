"""Stands before Django's command of the same name: there is nobody it could create."""

from __future__ import annotations

from typing import NoReturn

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "清盾没有超级管理员"

    def handle(self, *args: object, **options: object) -> NoReturn:
        raise CommandError("清盾没有超级管理员：首次启动建立三员，其余账号由系统管理员登记、安全管理员授权。")
