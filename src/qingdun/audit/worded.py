"""What is wrong with the chain, in the reader's language."""

from __future__ import annotations

from typing import assert_never

from django.utils.translation import gettext as _

from qingdun.audit.core.chain import Break, Wrong
from qingdun.audit.core.checkpoints import Fault, Flaw


def worded(wrong: Break | Flaw | tuple[str, ...]) -> str:
    """One problem; a tuple names the guards that are gone or not as they should be."""
    match wrong:
        case Break():
            return _break(wrong)
        case Flaw():
            return _flaw(wrong)
        case names:
            return _("数据库里防止改动的触发器不见了、被改过或不是本平台的：%s") % "、".join(names)


def _break(broken: Break) -> str:
    numbers = {"first": broken.sequence, "until": broken.until, "last": broken.sequence - 1, "sure": broken.sure}
    match broken.wrong:
        case Wrong.MISSING:
            return _("缺少第 %(first)d 条，其后是第 %(until)d 条") % numbers
        case Wrong.CHANGED:
            return _("第 %(first)d 条的内容或摘要被改动") % numbers
        case Wrong.CUT:
            return _("第 %(first)d 至 %(until)d 条不见了，链头记到第 %(until)d 条") % numbers
        case Wrong.NOT_THE_HEAD:
            return _("第 %(first)d 条的摘要与链头不符") % numbers
        case Wrong.BEYOND_THE_HEAD:
            return _("链头止于第 %(last)d 条，其后却还有记录") % numbers
        case Wrong.REBUILT:
            return _("第 %(first)d 至 %(until)d 条之间被重写：与截至第 %(until)d 条的签名检查点不符") % numbers
        case Wrong.CUT_BEFORE_CHECKPOINT:
            return (
                _("第 %(first)d 至 %(until)d 条不见了：签名检查点记到第 %(until)d 条；检查点只能证实到第 %(sure)d 条")
                % numbers
            )
        case unknown:
            assert_never(unknown)


def _flaw(flaw: Flaw) -> str:
    number = {"number": flaw.number}
    match flaw.fault:
        case Fault.UNREADABLE:
            return _("第 %(number)d 号检查点读不出或不是原样") % number
        case Fault.GONE:
            return _("第 %(number)d 号检查点不见了") % number
        case Fault.UNSIGNED:
            return _("第 %(number)d 号检查点的签名不对") % number
        case Fault.STRANGER:
            return _("第 %(number)d 号检查点由不受信任的密钥签署") % number
        case Fault.TORN:
            return _("第 %(number)d 号检查点没有接在前一号之后") % number
        case Fault.BACKWARD:
            return _("第 %(number)d 号检查点早于前一号") % number
        case Fault.DIFFERENT:
            return _("第 %(number)d 号检查点与数据库里留存的不是同一份") % number
        case Fault.UNKNOWN:
            return _("数据库里没有第 %(number)d 号检查点：数据库可能被退回到从前") % number
        case Fault.UNREACHABLE:
            return _("检查点目录不存在或读不出")
        case unknown:
            assert_never(unknown)
