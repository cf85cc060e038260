"""Log-ins in prose: daemons without a format of their own say in many words that somebody could not get in.

Only lines whose format says nothing about their category are looked at. Who and from where is read elsewhere.
"""

# ruff: noqa: E501  (a pattern reads better whole)
from __future__ import annotations

import polars as pl

_AUTH = r"auth\w*"
_SUBJECT = r"(?:log-?in|log-?on|sign-?in|log in|log on|authentication|auth|credentials?|password|passphrase)"
#: Words of daemons and devices, in English and Chinese, by which they refuse somebody.
FAILED = "|".join(
    (
        rf"{_AUTH}[ \-_]?(?:request )?(?:was |has been |is )?(?:failed|failures?|fail\b|errors?|denied|rejected|refused|unsuccessful)",
        rf"{_SUBJECT}\)?:? (?:attempt |request |try )?(?:\w+ )?(?:has |was |is |were )?(?:failed|fails|failure|incorrect|denied|rejected|refused|invalid|mismatch|error|unsuccessful|not accepted|wrong)",
        r"(?:failed|unsuccessful|invalid|incorrect|wrong|bad|rejected|illegal|unknown|rejecting|refused) (?:\w+ )?(?:log-?in|log-?on|sign-?in|auth\w*|password|passphrase|credentials?|user ?names?|username or|user\b|account)",
        rf"{_AUTH} (?:request )?for .{{1,64}} (?:has been |was )?(?:denied|failed|rejected)",
        r"(?:failed|unable|could not|cannot|couldn't) (?:to )?(?:authenticate|log ?in|verify (?:password|credentials))",
        r"access denied for user|permission denied for user|not allowed to (?:log ?in|authenticate)",
        r"no such user|user(?:name)? (?:\S{1,64} )?(?:was )?(?:not found|does not exist|unknown|not known)",
        r"(?:user|account|password) (?:\S{1,64} )?(?:is )?(?:locked out|locked due)",
        r"password (?:mismatch|check failed|did not match|authentication failed|verification failed)",
        r"too many (?:\w+ )?(?:log-?in|auth\w*|password) (?:failures|attempts|errors)|maximum auth\w* attempts",
        r"nt_status_(?:no_such_user|wrong_password|logon_failure|account_locked_out|invalid_account_name|account_disabled)",
        r"verification failed, retry|mschapv?2? .{0,40}fail|ms-chap\S* (?:verification )?fail|received auth\w* failed|eap method .{1,40} failed",
        r"(?:connection (?:closed|reset) by|disconnected from|disconnecting) (?:authenticating|invalid|illegal) user",
        r"\b(?:invalidaccountid|invalidpassword|challengeresponsefailed|failedacl)\b|wrong password|no matching peer found",
        r"(?:登录|登陆|登入|认证|鉴权|身份验证)(?:\S{0,6})?(?:失败|被拒绝|不成功|错误)|(?:密码|口令|用户名|账号|帐号)(?:\S{0,6})?(?:错误|不正确|不存在|不匹配)",
    )
)
#: Words by which it is told that somebody is in.
ENTERED = (
    r"(?:accepted (?:password|publickey|keyboard)|(?:log-?in|log-?on|auth\w*)[ :\-]{1,2}(?:succeeded|successful|success)\b"
    r"|successful(?:ly)? (?:log-?in|logged|auth\w*|log-?on)|is now logged in|logged in successfully|login ok\b"
    r"|(?:登录|登陆|认证)成功)"
)
#: One of these is in every line that `FAILED` or `ENTERED` fits: found many times faster than the patterns.
HINTS = (
    *("fail", "error", "denied", "reject", "refus", "unsuccess", "incorrect", "invalid", "mismatch", "not accepted"),
    *("wrong", "bad ", "illegal", "unknown", "unable", "could", "cannot", "not allowed", "no such user", "not found"),
    *("not exist", "not known", "locked", "not match", "too many", "maximum auth", "nt_status_", "authenticating user"),
    *("no matching peer", "失败", "被拒绝", "不成功", "错误", "不正确", "不存在", "不匹配"),
    *("accepted ", "success", "succeed", "now logged in", "login ok", "成功"),
)
_FAILED, _ENTERED = f"(?i){FAILED}", f"(?i){ENTERED}"


def tell(events: pl.DataFrame) -> pl.DataFrame:
    """Fill category and outcome of log-ins where no format did; failures outweigh what follows them in the line."""
    hinted = events.select(_may_be().alias("row"))["row"].arg_true()
    if not hinted.len():
        return events
    told = _told(events.select("event.category", "event.outcome", "message", "body")[hinted])
    return events.with_columns(events[name].scatter(hinted, told[name]) for name in told.columns)


def _may_be() -> pl.Expr:
    """Worth a closer look: no format says more, and one of the words is there."""
    category = pl.col("event.category")
    asked = category.is_null() | (category == "authentication")
    said = pl.when(asked).then(pl.coalesce("message", "body"))
    return said.str.contains_any(list(HINTS), ascii_case_insensitive=True).fill_null(value=False)


def _told(events: pl.DataFrame) -> pl.DataFrame:
    open_, known = pl.col("event.category").is_null(), pl.col("event.category") == "authentication"
    said = pl.coalesce("message", "body")
    events = events.with_columns(  # once: the patterns are what costs
        ((open_ | known) & said.str.contains(_FAILED)).alias("failed"),
        (open_ & said.str.contains(_ENTERED)).alias("entered"),
    )
    failed, entered = pl.col("failed"), pl.col("entered")
    return events.select(
        pl.coalesce("event.category", pl.when(failed | entered).then(pl.lit("authentication"))).alias("event.category"),
        pl.coalesce(
            pl.when(open_ & failed | known & failed & pl.col("event.outcome").is_null()).then(pl.lit("failure")),
            pl.when(open_ & entered).then(pl.lit("success")),
            "event.outcome",
        ).alias("event.outcome"),
    )
