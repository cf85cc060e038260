"""`qingdun enforce`: carries the block list to the devices and reads back what stands there."""

from __future__ import annotations

import argparse

HELP = "把封禁名单下发到各设备，核对并修复差异"
DJANGO = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """It needs nothing but the installation."""


def run(options: argparse.Namespace) -> int:
    from qingdun.operations.delivery.service import serve

    serve()
    return 0
