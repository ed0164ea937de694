"""The files of ``deploy/``: each is read by whoever will read it, as far as that can run here."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import httpx
import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from psycopg.conninfo import conninfo_to_dict

from app.api.gate import Gate
from app.api.metrics import Metrics
from app.service import Assistant
from benchmarks.serving import free_port
from ingest.settings import load_settings
from tests.projects import Project, law
from tests.servers import Nginx, certificate, until

SECONDS = 2.0
TEXT = law("丙省政府采购管理办法", 12)


@pytest.fixture(scope="module")
def deploy(root: Path) -> Path:
    return root / "deploy"


def filled(template: Path, **values: str) -> str:
    """As ``envsubst`` fills it in: what is not named stays, as nginx has variables too."""
    return Template(template.read_text(encoding="utf-8")).safe_substitute(values)


# Two servers behind nginx


@dataclass
class Site:
    """Two servers over one data folder, and nginx with TLS before them."""

    url: str
    trusted: str
    project: Project
    ports: tuple[int, int]
    servers: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, which: int) -> None:
        server = subprocess.Popen(
            self.project.command("app", "serve", "--port", str(self.ports[which])),
            cwd=Path(__file__).resolve().parents[1],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        self.servers[which : which + 1] = [server]

    def wait(self) -> None:
        for port in self.ports:
            until(lambda port=port: _ready(port), "a server does not get ready")


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, deploy: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    made, key = certificate(folder)
    ports, port = (free_port(), free_port()), free_port()
    nginx = Nginx(
        folder / "nginx",
        filled(
            deploy / "nginx.conf.template",
            APP_1=f"127.0.0.1:{ports[0]}",
            APP_2=f"127.0.0.1:{ports[1]}",
            HOST="127.0.0.1",
            PORT=f"127.0.0.1:{port}",
            CERTIFICATE=str(made),
            KEY=str(key),
        ),
    )
    nginx.test()
    project = Project.make(
        folder / "project",
        "server: {processes: 0, proxies: [127.0.0.1]}\nanswer: {reader: none}\n"
        "public: {questions_per_minute: 100000}\n",
    )
    project.write("甲办法.txt", law("甲省政府采购管理办法", 12))
    done = project.run("ingest", "add", str(project.corpus))
    assert done.returncode == 0, done.stderr
    site = Site(f"https://127.0.0.1:{port}", str(made), project, ports)
    try:
        site.start(0)
        site.start(1)
        site.wait()
        nginx.start(port)
        yield site
    finally:
        nginx.stop()
        for server in site.servers:
            server.kill()
            server.wait()


@pytest.mark.parametrize(("one", "other"), [(0, 1), (1, 0)])
def test_a_change_through_one_is_answered_by_the_other(site: Site, one: int, other: int) -> None:
    name = ("丙省", "丁省")[one]
    text = TEXT.replace("丙省", name)
    first, second = (f"http://127.0.0.1:{site.ports[i]}/api/v1" for i in (one, other))
    put = httpx.post(
        f"{first}/documents", json={"text": text, "title": f"{name}政府采购管理办法"}, timeout=60
    )
    assert put.status_code == 201, put.text
    began = time.monotonic()
    question = {"question": f"{name}政府采购管理办法第三条怎么规定？"}
    answer = httpx.post(f"{second}/ask", json=question, timeout=60).json()
    titles = {citation["title"] for citation in answer["citations"]}
    assert f"{name}政府采购管理办法" in titles, answer
    assert time.monotonic() - began < SECONDS or os.getloadavg()[0] > 2


def test_one_killed_under_load(site: Site) -> None:
    failed: list[tuple[float, str]] = []
    answered: list[float] = []
    stop = threading.Event()

    def ask(reader: int) -> None:
        headers = {"user-agent": f"reader {reader}"}  # so that each server has some of them
        with httpx.Client(verify=_trust(site), headers=headers, timeout=60) as client:
            number = 0
            while not stop.is_set():
                number += 1
                question = f"甲省政府采购管理办法第{number % 12 + 1}条怎么规定？"
                try:
                    found = client.post(f"{site.url}/api/v1/ask", json={"question": question})
                    ok, what = found.status_code == 200, found.text[:200]
                except httpx.TransportError as error:
                    ok, what = False, repr(error)
                if ok:
                    answered.append(time.monotonic())
                else:
                    failed.append((time.monotonic(), what))

    readers = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
    for reader in readers:
        reader.start()
    try:
        until(lambda: len(answered) > 12, "nobody is answered")
        site.servers[0].kill()
        site.servers[0].wait()
        killed, before = time.monotonic(), len(answered)
        until(lambda: len(answered) > before + 24, "nobody is answered with one away")
        checked = time.monotonic()
        site.start(0)
        site.wait()
        after = len(answered)
        until(lambda: len(answered) > after + 12, "nobody is answered with it back")
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert not [f for f in failed if f[0] > killed + SECONDS], failed
    assert checked > killed
    # Even what the killed one was working on was put to the other
    assert not failed, failed


def test_what_nginx_hands_on(site: Site) -> None:
    with httpx.Client(verify=_trust(site), base_url=site.url) as client:
        page = client.get("/")
        assert page.status_code == 200 and "政采问答" in page.text
        assert client.get("/metrics").status_code == 404
        assert client.get("/readyz").json()["status"] == "ready"


def _trust(site: Site) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=site.trusted)


# What cannot run here is read


def test_chroma_behind_nginx_is_a_valid_configuration(deploy: Path, tmp_path: Path) -> None:
    made, key = certificate(tmp_path)
    nginx = Nginx(
        tmp_path / "nginx",
        filled(
            deploy / "chroma.conf.template",
            PORT="127.0.0.1:8443",
            HOST="vectors.example.cn",
            CERTIFICATE=str(made),
            KEY=str(key),
            TOKEN="sesame",
            CHROMA="127.0.0.1:8000",
        ),
    )
    nginx.test()


def test_systemd_units(deploy: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze, which is not here")
    units = sorted(deploy.glob("zhengcai*.service")) + sorted(deploy.glob("zhengcai*.timer"))
    assert len(units) == 4
    python, chroma = sys.executable, str(Path(sys.executable).with_name("chroma"))
    for unit in units:
        text = unit.read_text(encoding="utf-8")
        assert "/opt/zhengcai" in text or unit.suffix == ".timer"
        text = text.replace("/opt/zhengcai/.venv/bin/python", python)
        text = text.replace("/opt/zhengcai/.venv/bin/chroma", chroma)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    names = [str(tmp_path / unit.name.replace("@.", "@7860.")) for unit in units]
    shutil.copy(tmp_path / "zhengcai@.service", tmp_path / "zhengcai@7860.service")
    done = subprocess.run([analyze, "verify", *names], capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "zhengcai" in line]
    assert not ours, "\n".join(ours)


def test_compose(deploy: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compose = yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))
    services = compose["services"]
    assert set(services) == {"app1", "app2", "postgres", "chroma", "nginx"}
    for name, service in services.items():
        assert set(service["networks"]) <= set(compose["networks"])
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if not source.startswith("./tls"):
                here = source in compose["volumes"] or (deploy / source).is_file()
                assert here, f"{name}: {source}"
        assert set(service.get("depends_on", {})) <= set(services)
    app, nginx = services["app1"], services["nginx"]["environment"]
    for variable, value in app["environment"].items():
        monkeypatch.setenv(variable, value.replace("${QA_HOST:-qa.example.cn}", "qa.example.cn"))
    settings = load_settings(root / "config.yaml")
    assert settings.store.mode == "server" and settings.store.host in services
    assert settings.store.catalogue is not None
    address, base = conninfo_to_dict(settings.store.catalogue), services["postgres"]["environment"]
    assert address["host"] in services and "password" not in address
    assert (address["user"], address["dbname"]) == (base["POSTGRES_USER"], base["POSTGRES_DB"])
    assert app["environment"]["PGPASSWORD"] == base["POSTGRES_PASSWORD"]
    assert "postgres" in re.findall(r"'\.\[([\w,]+)\]'", _containerfile(deploy))[0].split(",")
    assert settings.server.allowed_hosts == ("qa.example.cn",)
    assert {nginx[key].split(":")[0] for key in ("APP_1", "APP_2")} == {"app1", "app2"}
    template = (deploy / "nginx.conf.template").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{([A-Z_0-9]+)\}", template)) <= set(nginx)


def _containerfile(deploy: Path) -> str:
    return (deploy / "Containerfile").read_text(encoding="utf-8")


def test_container_file_copies_what_is_there(deploy: Path, root: Path) -> None:
    lines = _containerfile(deploy).splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert copied and all((root / name).exists() for name in copied)
    assert "USER zhengcai" in lines


def test_figures_that_are_looked_at_are_there(deploy: Path) -> None:
    metrics = Metrics(Assistant(load_settings()), Gate(8, 100))
    text = generate_latest(metrics.registry).decode()
    families = {family.name for family in text_string_to_metric_families(text)}
    of_index = {"documents", "passages", "index_changes", "index_generation_info"}
    families |= {f"zhengcai_{name}" for name in of_index}  # shown only where there is an index
    dashboard = json.loads((deploy / "grafana.json").read_text(encoding="utf-8"))
    shown = [t["expr"] for panel in dashboard["panels"] for t in panel["targets"]]
    alerts = yaml.safe_load((deploy / "alerts.yml").read_text(encoding="utf-8"))
    watched = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    known = {*families, *(f"{name}{end}" for name in families for end in ("_total", "_bucket"))}
    for expression in shown + watched:
        named = set(re.findall(r"\b(?:zhengcai|process)_[a-z_]+", expression))
        assert named <= known, expression
    for family in families:
        if family.startswith("zhengcai_"):
            assert any(family in expression for expression in shown), f"no panel shows {family}"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    prometheus = yaml.safe_load((deploy / "prometheus.yml").read_text(encoding="utf-8"))
    assert all((deploy / name).is_file() for name in prometheus["rule_files"])


def test_prometheus_takes_its_settings_and_alerts(deploy: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("needs promtool, which is not here (as root: apt-get install prometheus)")
    command = ["promtool", "check", "config", str(deploy / "prometheus.yml")]  # rules with it
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "5 rules found" in done.stdout, done.stdout + done.stderr
