"""``account``: make an account or a token, as lines for the settings; its second factor."""

from __future__ import annotations

import argparse
import getpass
import sys

from ingest.commandline import DONE
from ingest.errors import UserError
from ingest.language import pick
from ingest.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("name", metavar="NAME", help=pick("name to log in with", "登录名"))
    parser.add_argument(
        "--role",
        choices=("reader", "editor"),
        default="reader",
        help=pick(
            "reader: ask and read; editor: also change the corpus (default: reader)",
            "reader：提问和阅读；editor：还可更改资料库（默认：reader）",
        ),
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--token",
        action="store_true",
        help=pick(
            "make a token for programs instead of asking for a password",
            "生成供程序使用的令牌，而不设密码",
        ),
    )
    instead.add_argument(
        "--totp",
        action="store_true",
        help=pick(
            "set up two-step login for an account of the settings",
            "为设置中已有的账号启用两步验证",
        ),
    )
    instead.add_argument(
        "--totp-off",
        action="store_true",
        help=pick(
            "end it, for somebody who lost phone and recovery codes",
            "停用两步验证（手机和恢复码均已丢失时）",
        ),
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print the lines of YAML for the setting ``accounts``; the password comes from the terminal
    or, where there is none, from the first line of standard input."""
    name = options.name.strip()
    if not name:
        raise UserError(
            "no-name",
            "account",
            "the name is empty",
            "Give one",
            ("登录名为空", "请给出登录名"),
        )
    if options.totp or options.totp_off:
        _known(name, settings)
        return _with_code(name, settings) if options.totp else _without_code(name, settings)
    return _make(name, options, settings)


def _make(name: str, options: argparse.Namespace, settings: Settings) -> int:
    from app.accounts.secrets import hash_password, hash_token, new_token

    lines = [f"  - name: {_quoted(name)}", f"    role: {options.role}"]
    if options.token:
        token = new_token()
        _say(pick(f"The token, shown only now: {token}", f"令牌（仅显示这一次）：{token}"))
        lines.append(f"    tokens: [{hash_token(token)}]")
    else:
        lines.append(f"    password: {_quoted(hash_password(_password()))}")
    known = any(account.name == name for account in settings.accounts)
    _say(
        pick(
            "An account of this name is in the settings; put the new line into it:",
            "设置中已有同名账号，请将新的一行加入其中：",
        )
        if known
        else pick(
            "Put these lines into config.yaml, below `accounts:` (without its []):",
            "请将以下几行放入 config.yaml 的 `accounts:` 之下（去掉其后的 []）：",
        )
    )
    print("\n".join(lines[2:] if known else lines))
    return DONE


def _known(name: str, settings: Settings) -> None:
    if not any(account.name == name and account.password for account in settings.accounts):
        raise UserError(
            "no-account",
            name,
            "the settings have no account of this name with a password",
            "Make it with `python -m app account NAME`, put its lines into config.yaml, then go on",
            (
                "设置中没有此名称且设有密码的账号",
                "请先用 `python -m app account 名称` 创建，并将所得几行放入 config.yaml",
            ),
        )


def _with_code(name: str, settings: Settings) -> int:
    import segno

    from app.accounts.factors import Factors, address_for
    from app.i18n import text_in

    factors = Factors(settings)
    secret = factors.propose(name)
    address = address_for(name, secret, text_in("zh", "title"))
    if sys.stderr.isatty():
        segno.make(address).terminal(out=sys.stderr, compact=True)
    _say(
        pick(
            f"Put this into an authenticator app: {secret}",
            f"请在身份验证器应用中添加密钥：{secret}",
        )
    )
    _say(address)
    _say(pick("Then enter the code that it shows:", "然后输入应用显示的验证码："))
    codes = factors.confirm(name, sys.stdin.readline())
    if codes is None:
        raise UserError(
            "wrong-code",
            name,
            "the code is not of this key; nothing was changed",
            "Compare the clocks of both machines and start again",
            ("验证码与密钥不符，未作更改", "请核对两台设备的时间后重试"),
        )
    _say(
        pick(
            "Two-step login is on. Recovery codes, each good for one login, shown only now:",
            "两步验证已启用。恢复码（每个可登录一次，仅显示这一次）：",
        )
    )
    print("\n".join(codes))
    return DONE


def _without_code(name: str, settings: Settings) -> int:
    from app.accounts.factors import Factors

    if Factors(settings).remove(name):
        _say(pick(f"{name} logs in by password alone.", f"{name} 现在只凭密码登录。"))
    else:
        _say(pick(f"{name} had no second factor.", f"{name} 没有启用两步验证。"))
    return DONE


def _password() -> str:
    from app.accounts.secrets import LONGEST_PASSWORD, SHORTEST_PASSWORD

    if sys.stdin.isatty():
        password = getpass.getpass(pick("Password: ", "密码："))
        if getpass.getpass(pick("Once more: ", "再输入一次：")) != password:
            raise UserError(
                "other-password",
                "account",
                "the two passwords differ",
                "Start again",
                ("两次输入的密码不一致", "请重新输入"),
            )
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if any("\ud800" <= letter <= "\udfff" for letter in password):  # bytes that were no UTF-8
        raise UserError(
            "bad-password",
            "account",
            "the password holds characters that are none in the encoding of this terminal",
            "Use a terminal set to UTF-8, or other characters",
            ("密码中有无法识别的字符", "请使用 UTF-8 编码的终端，或改用其他字符"),
        )
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UserError(
            "bad-password",
            "account",
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
            "Choose another",
            (f"密码须为 {SHORTEST_PASSWORD} 至 {LONGEST_PASSWORD} 个字符", "请另选一个"),
        )
    return password


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _quoted(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
