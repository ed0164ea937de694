"""What strangers do: they come from an address, ask, and watch how long others wait."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from app.accounts.secrets import hash_password, hash_token, new_token

PASSWORD = "一个足够长又好记的密码"
TOKEN = new_token()
READINGS = 40
EXTRA = f"""
server: {{proxies: [127.0.0.1], allowed_hosts: [qa.example.cn], processes: 0}}
public:
  questions_per_minute: 3
  readings_per_minute: {READINGS}
  shares_per_day: 2
  verdicts_per_day: 2
accounts:
  - {{name: 张三, role: editor, password: '{hash_password(PASSWORD)}'}}
  - {{name: robot, role: editor, tokens: ['{hash_token(TOKEN)}']}}
"""
LONGEST_WAIT = 5.0
"""Seconds; one large body stopped everything for 8 on an idle machine."""
MOST_AT_ONCE = 0.15
"""Seconds of the processor; a slow machine takes three times as long as a fast one."""
QUESTION = "采购人应当在几个工作日内公开采购意向？"


def stranger(site: str, address: str, **headers: str) -> httpx.Client:
    """A client that a proxy on this machine speaks for."""
    shown = {"x-forwarded-for": address, "accept-language": "en", **headers}
    return httpx.Client(base_url=site, headers=shown, timeout=60)


def asked(client: httpx.Client, question: str = QUESTION) -> dict[str, Any]:
    """A whole answer through the page's queue."""
    joined = client.post("/gradio_api/call/ask", json={"data": [question, [], {}, "zh"]})
    assert joined.status_code == 200, joined.text
    lines = client.get(f"/gradio_api/call/ask/{joined.json()['event_id']}").text.splitlines()
    messages = [json.loads(line[6:])[0] for line in lines if line.startswith("data: [")]
    message: dict[str, Any] = messages[-1]
    assert message["final"]
    return message


@contextmanager
def watching(site: str) -> Iterator[list[float]]:
    """How long ``/healthz`` takes meanwhile, asked over and over."""
    waits: list[float] = []
    begun, ended = threading.Event(), threading.Event()

    def watch() -> None:
        with httpx.Client(base_url=site, timeout=60) as client:
            while not ended.wait(0.02):
                began = time.perf_counter()
                assert client.get("/healthz").status_code == 200
                waits.append(time.perf_counter() - began)
                begun.set()

    thread = threading.Thread(target=watch)
    thread.start()
    assert begun.wait(60)
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


def longest(waits: list[float]) -> float:
    """What may be waited at most, however slow the machine is in all."""
    return max(LONGEST_WAIT, 20 * sorted(waits)[len(waits) // 2])


LARGE = b'{"messages": [' + b'{"a":[]},' * 1_000_000 + b"0]}"
