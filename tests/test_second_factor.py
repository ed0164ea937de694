"""Logging in by password and code: set up, used, lost, attacked."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyotp
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.accounts.account import add_account
from app.accounts.doors import Doors
from app.accounts.factors import FILE, Factors
from app.accounts.login import add_login
from app.accounts.secrets import hash_password
from app.accounts.tries import CODE, Tries
from app.accounts.visitors import Visitors
from app.api.problems import explain_in
from app.web.security import policy
from ingest.errors import UserError
from ingest.securitylog import SecurityLog
from ingest.settings import Settings
from tests.projects import Project

NAME, PASSWORD = "张三", "一个足够长又好记的密码"
NOW = 1_800_000_000.0
ACCOUNT = f"accounts: [{{name: {NAME}, role: editor, password: '{hash_password(PASSWORD)}'}}]\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path / "project", ACCOUNT)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock of the codes so many seconds after a moment."""

    def set_to(seconds: float) -> None:
        monkeypatch.setattr("app.accounts.factors.time.time", lambda: NOW + seconds)

    set_to(0)
    return set_to


def enrolled(settings: Settings) -> tuple[Factors, pyotp.TOTP, list[str]]:
    factors = Factors(settings)
    app = pyotp.TOTP(factors.propose(NAME))
    codes = factors.confirm(NAME, app.at(NOW))
    assert codes
    return factors, app, codes


def test_each_code_works_once(project: Project, later: Callable[[float], None]) -> None:
    factors, app, codes = enrolled(project.settings)
    assert factors.has(NAME) and not factors.has("李四")
    assert factors.matches(NAME, app.at(NOW)) is None, "it was used to set it up"
    later(31)
    assert factors.matches("李四", app.at(NOW + 31)) is None
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: factors.matches(NAME, app.at(NOW + 31)), range(8)))
        again = list(threads.map(lambda _: factors.matches(NAME, codes[0]), range(8)))
    assert sorted(map(str, found)) == ["None"] * 7 + ["app"]
    assert sorted(map(str, again)) == ["None"] * 7 + ["recovery"]
    later(120)
    assert factors.matches(NAME, app.at(NOW + 31)) is None, "it is too old"
    assert factors.matches(NAME, app.at(NOW + 90)) == "app", "a clock may be a step behind"
    for code in ("", "000000x", "１２３４５６", "x" * 40):
        assert factors.matches(NAME, code) is None
    assert factors.matches(NAME, codes[1].lower().replace("-", " ")) == "recovery"
    assert factors.left(NAME) == len(codes) - 2
    with pytest.raises(UserError, match="has a second factor already"):
        factors.propose(NAME)
    kept = project.settings.data_folder / FILE
    assert kept.stat().st_mode & 0o077 == 0
    assert codes[2].replace("-", "").encode() not in kept.read_bytes()


def test_nobody_is_let_in_where_codes_cannot_be_looked_up(
    project: Project, later: Callable[[float], None]
) -> None:
    enrolled(project.settings)
    (project.settings.data_folder / FILE).write_bytes(b"\xab" * 5000)
    client = client_of(project.settings)
    refused = log_in(client)
    assert refused.status_code == 503 and "from a backup" in refused.text
    assert "set-cookie" not in refused.headers


def client_of(settings: Settings) -> TestClient:
    app = FastAPI()
    explain_in(app)
    visitors, log = Visitors(settings), SecurityLog(settings)
    add_login(app, visitors, log)
    add_account(app, visitors, log)
    return TestClient(
        Doors(app, visitors), headers={"accept-language": "en"}, follow_redirects=False
    )


def log_in(client: TestClient) -> object:
    return client.post("/login", data={"name": NAME, "password": PASSWORD, "next": "/library"})


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return found[1]


def test_in_the_browser_from_setting_up_to_ending(
    project: Project, later: Callable[[float], None]
) -> None:
    settings = project.settings
    client, other = client_of(settings), client_of(settings)
    assert client.get("/account").headers["location"] == "/login?next=/account"
    assert client.post("/account/new", data={"password": PASSWORD}).status_code == 401
    assert log_in(client).status_code == log_in(other).status_code == 303
    assert client.post("/account/new", data={"password": "wrong password"}).status_code == 401
    shown = client.post("/account/new", data={"password": PASSWORD})
    assert "<svg" in shown.text and "<script" not in shown.text and " style=" not in shown.text
    found = re.search(r"<code>([A-Z2-7 ]{39})</code>", shown.text)
    assert found
    app = pyotp.TOTP(found[1].replace(" ", ""))
    again = client.post("/account/confirm", data={"code": "000000"})
    assert again.status_code == 401 and found[1] in again.text
    done = client.post("/account/confirm", data={"code": app.at(NOW)})
    codes = re.findall(r"<li><code>([^<]+)</code>", done.text)
    assert len(codes) == 10 and client.get("/ui/me").json()["name"] == NAME
    assert other.get("/ui/me").json()["name"] == "", "others have to log in again"

    later(31)
    asked = log_in(other)
    assert asked.status_code == 200 and "set-cookie" not in asked.headers
    assert other.get("/ui/me").json()["name"] == ""
    ticket = {"ticket": field(asked.text, "ticket"), "next": field(asked.text, "next")}
    as_session = {"cookie": f"zhengcai_session={ticket['ticket']}"}
    assert client_of(settings).get("/ui/me", headers=as_session).json()["name"] == ""
    wrong = other.post("/login/code", data={**ticket, "code": "123456"})
    assert wrong.status_code == 401 and "wrong, or was used" in wrong.text
    right = other.post("/login/code", data={**ticket, "code": app.at(NOW + 31)})
    assert (right.status_code, right.headers["location"]) == (303, "/library")
    assert other.get("/ui/me").json()["name"] == NAME
    later(62)
    gone = client_of(settings).post("/login/code", data={**ticket, "code": app.at(NOW + 62)})
    assert gone.headers["location"] == "/login?next=%2Flibrary", "a ticket is good once"

    assert "10 recovery codes are left" in other.get("/account").text
    off = {"password": PASSWORD, "code": "999999"}
    assert other.post("/account/off", data=off).status_code == 401
    assert other.post("/account/off", data={**off, "code": codes[3]}).status_code == 303
    assert log_in(client_of(settings)).status_code == 303
    events = SecurityLog(settings).file.read_text(encoding="utf-8")
    for event in ('"second-factor-on"', '"second-factor-off"', '"code"'):
        assert event in events
    assert codes[0] not in events and app.secret not in events
    assert "unsafe-eval" not in policy("x")


def test_codes_cannot_be_guessed_quickly(project: Project, later: Callable[[float], None]) -> None:
    """Whoever knows the password, from wherever, gets a few tries and then ever fewer."""
    enrolled(project.settings)
    visitors = Visitors(project.settings)
    visitors._codes = Tries(lambda: 0.0, CODE)  # however slow the machine is
    editor = visitors.by_password(NAME, PASSWORD, "10.0.0.1")
    assert editor
    tried = 0
    for number in range(40):
        try:
            assert visitors.by_code(editor, "123456", f"10.0.{number}.1") is None
            tried += 1
        except UserError as error:
            assert error.code == "too-many-tries" and "codes" in error.what
    assert tried == CODE.free


def test_at_the_command_line(project: Project) -> None:
    refused = project.run("app", "account", "王五", "--totp")
    assert refused.returncode == 1 and "no account of this name" in refused.stderr
    wrong = project.run("app", "account", NAME, "--totp", input="000000\n", language="zh")
    assert wrong.returncode == 1 and "未作更改" in wrong.stderr and not wrong.stdout
    assert not Factors(project.settings).has(NAME)
    with subprocess.Popen(
        project.command("app", "account", NAME, "--totp"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr and process.stdin and process.stdout
        secret = re.search(r"[A-Z2-7]{32}", process.stderr.readline())
        assert secret
        process.stdin.write(pyotp.TOTP(secret[0]).now() + "\n")
        process.stdin.close()
        assert len(process.stdout.read().split()) == 10
    assert process.returncode == 0 and Factors(project.settings).has(NAME)
    assert project.run("app", "account", NAME, "--totp-off").returncode == 0
    assert not Factors(project.settings).has(NAME)
