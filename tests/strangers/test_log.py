"""What stands in the security log of those who came."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.securitylog import SecurityLog
from ingest.settings import LogSettings, Settings, load_settings
from tests.projects import Project, law
from tests.strangers.visits import (
    PASSWORD,
    TOKEN,
    asked,
    stranger,
)


def test_the_log_says_who_came_and_who_did_not(site: str, project: Project) -> None:
    with stranger(site, "10.9.7.1") as client:
        client.post("/login", data={"name": "李 四", "password": "wrong password"})
        client.get("/api/v1/documents", headers={"authorization": "Bearer zc_no"})
        added = client.post(
            "/api/v1/documents",
            json={"title": "丁区采购办法", "text": law("丁区采购办法", 2)},
            headers={"authorization": f"Bearer {TOKEN}"},
        )
        assert added.status_code == 201
        asked(client, "一个不会进日志的问题")
    removed = project.run("ingest", "remove", "丁区采购办法")
    assert removed.returncode == 0, removed.stderr
    text = (project.settings.data_folder / "security.log").read_text(encoding="utf-8")
    entries = [json.loads(line) for line in text.splitlines()]
    mine = [e for e in entries if e.get("address") == "10.9.7.1"]
    assert {"event": "login", "name": "李 四", "right": False}.items() <= mine[0].items()
    refused = [e for e in mine if e["event"] == "refused"]
    assert {e["status"] for e in refused} == {401} and refused[-1]["path"] == "/api/v1/documents"
    changes = [e for e in entries if e["event"] == "change"]
    (change,) = [c for c in changes if "丁区" in c["title"]]
    assert {"face": "rest", "action": "add", "name": "robot"}.items() <= change.items()
    commands = [e for e in entries if e["event"] == "command"]
    assert [(c["command"], c["status"]) for c in commands] == [("add", 0), ("remove", 0)]
    assert "不会进日志" not in text and PASSWORD not in text and TOKEN not in text


def test_the_log_rotates_and_stays_out_of_the_way(tmp_path: Path) -> None:
    settings = Settings(base=tmp_path, log=LogSettings(max_mb=0.002, files=2))
    log = SecurityLog(settings)
    for number in range(200):
        log.note("refused", path="/" + "x" * 500, number=number)
    kept = sorted(file.name for file in settings.data_folder.glob("security.log*"))
    assert [n for n in kept if not n.endswith("lock")] == [
        "security.log", "security.log.1", "security.log.2",
    ]  # fmt: skip
    last = log.file.read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(last)["number"] == 199 and len(last) < 500
    assert log.file.stat().st_mode & 0o077 == 0
    off = Settings(base=tmp_path / "off", log=LogSettings(security=False))
    SecurityLog(off).note("login")
    assert not off.data_folder.exists()
    blocked = Settings(base=tmp_path / "blocked")
    blocked.base.mkdir()
    blocked.data_folder.write_text("a file where the folder should be")
    SecurityLog(blocked).note("login")  # says so in the program's log, and goes on


@pytest.mark.parametrize("value", ["proxy.example.cn", "10.0.0.0/99", "*"])
def test_proxies_are_addresses(tmp_path: Path, value: str) -> None:
    from ingest.errors import SettingsError

    file = tmp_path / "config.yaml"
    file.write_text(f"server: {{proxies: ['{value}']}}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"server\.proxies"):
        load_settings(file)
