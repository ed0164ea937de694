"""The pages of the accounts: to log in, to give a code, to set up or end the second factor. Plain
forms, without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from fastapi.responses import HTMLResponse, Response

from app.accounts.secrets import LONGEST_PASSWORD
from app.i18n import text_in
from app.web.page import FRESH, asset_url
from ingest.language import Language


def login_page(
    language: Language, next: str, name: str = "", problem: str = "", status: int = 200
) -> Response:
    """Asks for name and password; ``problem`` says what was wrong with the last ones."""
    focus = "" if problem else " autofocus"
    body = f"""<form method="post" action="login">
{_alert(problem)}
<label>{_word(language, "login.name")}<input name="name" value="{escape(name)}"
 autocomplete="username" required maxlength="100"{focus}></label>
{_password(language, " autofocus" if problem else "")}
<input type="hidden" name="next" value="{escape(next)}">
<button>{_word(language, "login")}</button>
</form>"""
    return _page(language, _word(language, "login"), body, "./", status)


def code_page(
    language: Language, ticket: str, next: str, problem: str = "", status: int = 200
) -> Response:
    """Asks for a code of the app, or a recovery code."""
    body = f"""<form method="post" action="login/code">
{_alert(problem)}
<p>{_word(language, "account.code.explain")}</p>
{_code(language)}
<input type="hidden" name="ticket" value="{escape(ticket)}">
<input type="hidden" name="next" value="{escape(next)}">
<button>{_word(language, "login")}</button>
</form>"""
    return _page(language, _word(language, "login"), body, "../", status)


def account_page(
    language: Language, name: str, has_factor: bool, left: int, problem: str = "", status: int = 200
) -> Response:
    """Says whether the account has a second factor, and lets one set it up or end it."""
    if has_factor:
        said = text_in(language, "account.factor.on").replace("{count}", str(left))
        action, code = "off", _code(language)
        button = _word(language, "account.factor.off")
    else:
        said = text_in(language, "account.factor.none")
        action, code, button = "new", "", _word(language, "account.factor.new")
    body = f"""<form method="post" action="account/{action}">
{_alert(problem)}
<p>{escape(said)}</p>
<input type="hidden" name="name" value="{escape(name)}" autocomplete="username">
{_password(language)}
{code}
<button>{button}</button>
<a href="./">{_word(language, "account.back")}</a>
</form>"""
    return _page(language, escape(name), body, "../" if status != 200 else "./", status)


def proposal_page(
    language: Language, name: str, secret: str, address: str, problem: str = "", status: int = 200
) -> Response:
    """Shows the secret of a new second factor, as a picture too, and asks for its first code."""
    import segno

    picture = segno.make(address).svg_inline(scale=5, border=4, light="#fff")
    shown = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    body = f"""<form method="post" action="account/confirm">
{_alert(problem)}
<p>{_word(language, "account.factor.scan")}</p>
<div class="picture">{picture}</div>
<p><code>{escape(shown)}</code></p>
{_code(language)}
<button>{_word(language, "account.factor.confirm")}</button>
</form>"""
    return _page(language, escape(name), body, "../", status)


def recovery_page(language: Language, name: str, codes: Sequence[str]) -> Response:
    """Shows the recovery codes, this one time."""
    listed = "".join(f"<li><code>{escape(code)}</code></li>" for code in codes)
    body = f"""<form>
<p>{_word(language, "account.recovery")}</p>
<ul>{listed}</ul>
<a href="./">{_word(language, "account.back")}</a>
</form>"""
    return _page(language, escape(name), body, "../")


def _page(language: Language, heading: str, body: str, base: str, status: int = 200) -> Response:
    """``base``: where the first page is, seen from the address of this one."""
    title = _word(language, "title")
    page = f"""<!doctype html>
<html lang="{"zh-CN" if language == "zh" else "en"}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<base href="{base}"><title>{heading} · {title}</title>
<link rel="stylesheet" href="{asset_url("login.css")}">
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>"""
    return HTMLResponse(page, status, headers=FRESH)


def _password(language: Language, focus: str = "") -> str:
    return f"""<label>{_word(language, "login.password")}<input name="password" type="password"
 autocomplete="current-password" required maxlength="{LONGEST_PASSWORD}"{focus}></label>"""


def _code(language: Language) -> str:
    return f"""<label>{_word(language, "account.code")}<input name="code" required maxlength="40"
 autocomplete="one-time-code" spellcheck="false" autofocus></label>"""


def _alert(problem: str) -> str:
    return f'<p class="alert" role="alert">{escape(problem)}</p>' if problem else ""


def _word(language: Language, key: str) -> str:
    return escape(text_in(language, key))
