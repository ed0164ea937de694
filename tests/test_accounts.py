"""Accounts: who may read, who may change, how one logs in, and when the server does not start."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import yaml
from argon2.exceptions import VerifyMismatchError
from fastapi import Depends, FastAPI
from starlette.testclient import TestClient

from app.accounts import secrets
from app.accounts.addresses import address_of
from app.accounts.doors import Doors, require
from app.accounts.login import local
from app.accounts.secrets import hash_password, hash_token, is_password, new_token
from app.accounts.sessions import SESSION_SECONDS
from app.accounts.tries import ACCOUNT, ADDRESS, Tries
from app.accounts.visitors import TooManyTries, Visitor, Visitors, anonymous_role
from app.api.problems import explain_in
from ingest.errors import SettingsError, UserError
from ingest.settings import Settings, load_settings
from tests.projects import ROOT, Project, law
from tests.servers import serving

PASSWORD = "一个足够长又十分好记的密码"
TOKEN = new_token()
HASHED = hash_password(PASSWORD)
ACCOUNTS = f"""
accounts:
  - {{name: 张三, role: editor, password: '{HASHED}'}}
  - {{name: 李四, password: '{HASHED}'}}
  - {{name: robot, role: editor, tokens: ['{hash_token(TOKEN)}']}}
"""


def settings_of(folder: Path, text: str) -> Settings:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return load_settings(folder / "config.yaml")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path, ACCOUNTS)


def test_passwords_and_tokens() -> None:
    assert is_password(PASSWORD, HASHED) and not is_password(PASSWORD + "1", HASHED)
    assert not is_password(PASSWORD, None) and not is_password(PASSWORD, "$argon2id$nonsense")
    assert PASSWORD not in HASHED and TOKEN not in hash_token(TOKEN)
    assert new_token() != new_token()


def test_names_passwords_and_tokens_find_their_account(settings: Settings) -> None:
    visitors = Visitors(settings)
    assert visitors.by_password("张三", PASSWORD, "a") == Visitor("张三", "editor")
    assert visitors.by_password("李四", PASSWORD, "a") == Visitor("李四", "reader")
    for name, password in [("张三", "x"), ("robot", ""), ("王五", PASSWORD), ("", "")]:
        assert visitors.by_password(name, password, "a") is None
    assert visitors.by_token(TOKEN) == Visitor("robot", "editor")
    assert visitors.by_token(hash_token(TOKEN)) is None


def test_wrong_passwords_make_an_address_wait_but_not_the_owner(settings: Settings) -> None:
    visitors = Visitors(settings)
    visitors._tries = Tries(lambda: 0.0)  # however slowly the passwords are hashed
    for _ in range(ADDRESS.free):
        assert visitors.by_password("张三", "wrong", "10.0.0.1") is None
    for name in ("张三", "李四"):
        with pytest.raises(TooManyTries, match="Try again in 1 seconds"):
            visitors.by_password(name, PASSWORD, "10.0.0.1")
    owner = visitors.by_password("张三", PASSWORD, "10.0.0.2")
    assert owner is not None
    known = visitors.browser_for(owner)
    assert visitors.by_password("张三", PASSWORD, "10.0.0.1", known) == owner
    with pytest.raises(TooManyTries):  # another account's browser is nobody's here
        visitors.by_password("李四", PASSWORD, "10.0.0.1", known)


def test_waits_grow_and_the_owner_gets_in_whatever_others_try() -> None:
    now = [0.0]
    tries = Tries(lambda: now[0])
    waits = []
    for _ in range(30):
        while (wait := tries.begin("张三", "10.0.0.1")) > 0:
            waits.append(wait)
            now[0] += wait
    assert waits[:4] == [1, 2, 4, 8] and max(waits) == ADDRESS.longest
    tries.right("张三", "10.0.0.9")
    for number in range(200):  # as many addresses as the attacker likes
        tries.begin("张三", f"10.1.0.{number}")
    assert 0 < tries.begin("张三", "10.2.0.1") <= ACCOUNT.longest
    assert tries.begin("张三", "10.0.0.9") == 0
    assert tries.begin("张三", "10.2.0.1", browser="known") == 0
    now[0] += 3601
    assert tries.begin("张三", "10.0.0.1") == 0


def test_tries_are_counted_before_the_slow_hash(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty at once are no more than forty after one another, and no more than two hash."""
    at_once, most, lock = [0], [0], threading.Lock()

    class Slow:
        def verify(self, hashed: str, password: str) -> bool:
            with lock:
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
            time.sleep(0.02)
            with lock:
                at_once[0] -= 1
            raise VerifyMismatchError

    monkeypatch.setattr(secrets, "_hasher", lambda: Slow())
    monkeypatch.setattr(secrets, "_dummy", lambda: "")
    visitors = Visitors(settings)

    def attempt(_: int) -> str:
        try:
            assert visitors.by_password("张三", "wrong", "10.0.0.1") is None
        except UserError as error:
            return error.code
        return "wrong"

    with ThreadPoolExecutor(40) as threads:
        became = Counter(threads.map(attempt, range(40)))
    assert became["wrong"] + became["logins-busy"] <= ADDRESS.free + 1
    assert became["too-many-tries"] >= 40 - ADDRESS.free - 1
    assert most[0] <= secrets.AT_ONCE


def test_an_address_is_a_network_where_one_has_many() -> None:
    def of(host: str) -> str:
        return address_of({"type": "http", "client": (host, 1)})

    assert of("2001:db8:1:2:3::4") == of("2001:db8:1:2:ffff::1") != of("2001:db8:1:3::1")
    assert of("::ffff:10.0.0.1") == of("10.0.0.1") == "10.0.0.1"
    assert address_of({"type": "http"}) == ""


def test_sessions_survive_a_restart_and_end_with_the_password(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = Visitor("张三", "editor")
    session = Visitors(settings).session_for(editor)
    assert Visitors(settings).by_session(session) == editor
    assert Visitors(settings).by_session(session[:-2]) is None
    kept = settings.data_folder / "sessions.sqlite"
    assert kept.stat().st_mode & 0o077 == 0 and session.encode() not in kept.read_bytes()

    demoted = settings_of(tmp_path, ACCOUNTS.replace("role: editor", "role: reader"))
    assert Visitors(demoted).by_session(session) == Visitor("张三", "reader")
    changed = settings_of(tmp_path, ACCOUNTS.replace(HASHED, hash_password("another password")))
    assert Visitors(changed).by_session(session) is None
    gone = settings_of(tmp_path, ACCOUNTS.replace("张三", "王五"))
    assert Visitors(gone).by_session(session) is None

    later = time.time() + SESSION_SECONDS + 10
    monkeypatch.setattr(time, "time", lambda: later)
    assert Visitors(settings).by_session(session) is None


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("", "editor"),
        ("server: {host: localhost}", "editor"),
        ("server: {anonymous: reader}", "reader"),
        ("server: {host: 0.0.0.0, anonymous: editor}", "editor"),
        (ACCOUNTS, "reader"),
        ("server: {host: 0.0.0.0}" + ACCOUNTS, "reader"),
        ("server: {anonymous: none}" + ACCOUNTS, None),
    ],
)
def test_what_nobody_known_may_do(tmp_path: Path, text: str, role: str | None) -> None:
    assert anonymous_role(settings_of(tmp_path, text)) == role


@pytest.mark.parametrize("text", ["server: {host: 0.0.0.0}", "server: {anonymous: none}"])
def test_no_server_that_anybody_can_change_or_nobody_use(tmp_path: Path, text: str) -> None:
    settings = settings_of(tmp_path, text)
    with pytest.raises(SettingsError, match="python -m app account") as error:
        anonymous_role(settings)
    assert "账号" in error.value.line("zh")


@pytest.mark.parametrize(
    "text",
    [
        "accounts: [{name: a, password: plain}]",
        "accounts: [{name: a, tokens: [plain]}]",
        "accounts: [{name: ''}]",
        "accounts: [{name: a, role: root}]",
        "accounts: [{name: a}, {name: a}]",
    ],
)
def test_wrong_accounts_are_named_without_their_secrets(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="accounts") as error:
        settings_of(tmp_path, text)
    assert "plain" not in str(error.value)


@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example", "/\\evil", "x", ""])
def test_login_leads_nowhere_else(address: str) -> None:
    assert local(address) == "/"
    assert local("/library?x=1#a") == "/library?x=1#a"


def test_roles_at_the_door(settings: Settings) -> None:
    app = FastAPI()
    explain_in(app)

    @app.post("/change")
    def change(visitor: Visitor = Depends(require("editor"))) -> str:  # noqa: B008
        return visitor.name

    visitors = Visitors(settings)
    client = TestClient(Doors(app, visitors), headers={"accept-language": "en"})
    editor = visitors.session_for(Visitor("张三", "editor"))
    reader = visitors.session_for(Visitor("李四", "reader"))

    def post(**headers: str) -> tuple[int, str]:
        response = client.post("/change", headers=headers)
        body = response.json()
        return response.status_code, body if isinstance(body, str) else body["type"]

    assert post() == (401, "urn:zhengcai:login-needed")
    assert post(cookie=f"zhengcai_session={editor}") == (200, "张三")
    assert post(cookie=f"zhengcai_session={reader}") == (403, "urn:zhengcai:not-allowed")
    assert post(authorization=f"Bearer {TOKEN}") == (200, "robot")
    assert post(authorization="Bearer zc_no") == (401, "urn:zhengcai:unknown-token")
    assert post(cookie="zhengcai_session=forged") == (401, "urn:zhengcai:login-needed")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server that answers nobody who did not log in."""
    extra = "server: {anonymous: none}" + ACCOUNTS
    project = Project.make(tmp_path_factory.mktemp("accounts") / "project", extra)
    project.write("办法.txt", law("甲省政府采购管理办法", 6))
    assert project.run("ingest", "add", str(project.corpus)).returncode == 0
    with serving(project) as url:
        yield url.rstrip("/")


def test_login_logout_and_tokens_over_the_real_server(closed: str) -> None:
    browser = {"accept": "text/html,*/*", "accept-language": "en"}
    with httpx.Client(base_url=closed, headers=browser, timeout=120) as client:
        sent = client.get("/", params={"x": "1"})
        assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=/%3Fx%3D1")
        page = client.get(sent.headers["location"])
        assert page.status_code == 200 and 'value="/?x=1"' in page.text
        style = re.search(r'href="\./(ui/assets/[^"]+)"', page.text)
        assert style and client.get(f"/{style[1]}").status_code == 200
        form = {"name": "张三", "password": "<b>wrong", "next": "/?x=1"}
        wrong = client.post("/login", data=form)
        assert wrong.status_code == 401 and "wrong." in wrong.text and "<b>" not in wrong.text
        done = client.post("/login", data={**form, "password": PASSWORD})
        assert (done.status_code, done.headers["location"]) == (303, "/?x=1")
        cookie = done.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie
        assert client.get("/").status_code == 200
        assert client.get("/ui/me").json() == {"name": "张三", "role": "editor", "accounts": True}
        foreign = {"origin": "https://evil.example"}
        assert client.post("/logout", headers=foreign).status_code == 403
        taken = {"cookie": f"zhengcai_session={client.cookies['zhengcai_session']}"}
        assert client.post("/logout").status_code == 303
        assert client.get("/").status_code == 303
        copied = httpx.get(f"{closed}/ui/corpus", headers=taken)  # a copy of the cookie is nothing
        assert copied.status_code == 401
        again = client.post("/login", data={"name": "张三", "password": PASSWORD})
        assert again.status_code == 303


def test_programs_need_a_token(closed: str) -> None:
    with httpx.Client(base_url=closed, timeout=120) as client:
        assert client.get("/healthz").status_code == 200
        for path in ("/ui/corpus", "/api/v1/documents", "/metrics", "/gradio_api/info", "/mcp"):
            refused = client.get(path, headers={"accept-language": "zh"})
            assert refused.status_code == 401, path
            assert refused.headers["content-type"] == "application/problem+json"
            assert "登录" in refused.json()["detail"]
        known = {"authorization": f"Bearer {TOKEN}"}
        assert client.get("/api/v1/documents", headers=known).status_code == 200


def test_command_prints_what_the_settings_take(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    made = project.run("app", "account", "王 五's", "--role", "editor", input=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr
    token = project.run("app", "account", "程序", "--token", language="zh")
    shown = re.search(r"zc_\S+", token.stderr)
    assert shown and "仅显示这一次" in token.stderr
    text = "accounts:\n" + made.stdout + token.stdout
    assert yaml.safe_load(text)["accounts"][0]["name"] == "王 五's"
    visitors = Visitors(settings_of(tmp_path, text))
    assert visitors.by_password("王 五's", PASSWORD, "") == Visitor("王 五's", "editor")
    assert visitors.by_token(shown[0]) == Visitor("程序", "reader")
    garbled = subprocess.run(
        project.command("app", "account", "a"),
        cwd=project.folder,
        input="密码密码密码密码密码密码\n".encode("gbk"),
        env={**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    assert garbled.returncode == 1 and b"set to UTF-8" in garbled.stderr, garbled.stderr
    short = project.run("app", "account", "a", input="short\n")
    assert (short.returncode, short.stdout) == (1, "") and "12 to 128" in short.stderr


def test_server_without_accounts_stays_on_this_machine(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    refused = project.run_apart("app", "serve", "--host", "0.0.0.0")
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert "there are no accounts" in refused.stderr
