from __future__ import annotations

import pytest

from qingdun.operations.kinds import kinds


def test_every_kind_accepts_its_own_defaults_or_says_what_is_missing() -> None:
    for kind in kinds().values():
        needed = {one.key for one in kind.fields if one.required} | {one.key for one in kind.secrets}
        assert {key for key, _words in kind.check({})} == needed


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"nft": "rm -rf /"}, "nft 命令只能是"),
        ({"host": "a b; reboot"}, "不合要求"),
        ({"colour": "red"}, "没有参数 colour"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(settings: dict[str, str], words: str) -> None:
    assert any(words in said for _key, said in kinds()["nftables"].check(settings))


def test_a_password_is_never_taken_for_the_name_of_a_variable() -> None:
    settings = {"url": "https://192.0.2.10", "user": "api", "password": "hunter2!"}
    assert kinds()["sangfor_af"].check(settings) == [
        ("password", "口令这里只写环境变量名（大写字母、数字、下划线），不写口令本身")
    ]
    assert kinds()["sangfor_af"].check(settings | {"password": "QINGDUN_AF_PASSWORD"}) == []
