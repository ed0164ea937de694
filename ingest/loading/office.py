"""Read what only an office program opens (.doc, .wps, .rtf, .odt, .ppt, .pptx): LibreOffice, where
it is installed, makes DOCX or PDF of it.

It runs as a process of its own with a profile of its own that lets no macro run and follows no
link, without a network where the system can take it away, and for a limited time.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from ingest.errors import LoadError

_OLE = b"\xd0\xcf\x11\xe0"
_AS_OLD = {".wps": ".doc", ".wpt": ".doc", ".dps": ".ppt"}
"""What WPS calls its files, and what those of the old kind are."""
_MEMORY = 4 * 2**30
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def office() -> str | None:
    """LibreOffice's program, ``None`` where it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def converted(data: bytes, suffix: str, to: str, where: str, seconds: float) -> bytes:
    """The file as ``docx`` or ``pdf``.

    :param suffix: the ending of its name.
    :raises LoadError: ``no-office`` where LibreOffice is not installed, ``too-long``, or
        ``not-converted``.
    """
    program = office()
    if program is None:
        raise _none(where)
    if data.startswith(_OLE):
        suffix = _AS_OLD.get(suffix, suffix)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder) / f"file{suffix}"
        file.write_bytes(data)
        profile = Path(folder) / "profile" / "user"
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
        command = [
            *_without_network(),
            program,
            "--headless", "--norestore", "--nolockcheck", "--nologo", "--nodefault",
            f"-env:UserInstallation={profile.parent.as_uri()}",
            "--convert-to", to, "--outdir", f"{folder}/made", str(file),
        ]  # fmt: skip
        if not _ended(command, Path(folder), seconds):
            raise _too_long(where, seconds)
        made = Path(folder) / "made" / f"file.{to}"
        if not made.is_file():
            raise _not_converted(where)
        return made.read_bytes()


def _ended(command: list[str], folder: Path, seconds: float) -> bool:
    """Run a program and all that it starts; whether it ended in time."""
    running = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder), "TMPDIR": str(folder)},
        start_new_session=True,
        preexec_fn=_limits(),
    )
    try:
        running.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        return False
    finally:
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
        running.kill()
        running.wait()


def _limits() -> Callable[[], None] | None:
    """What is done in the new process before it begins: memory enough for LibreOffice, which
    reserves more than the parser that starts it may."""
    try:
        import resource
    except ImportError:  # not a POSIX system
        return None

    def limit() -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))

    return limit


@lru_cache(maxsize=1)
def _without_network() -> tuple[str, ...]:
    """The words that start a program where it reaches no network, if this system has some."""
    unshare = shutil.which("unshare")
    words = (unshare or "", "--user", "--map-current-user", "--net")
    if unshare is None:
        return ()
    tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    return words if tried.returncode == 0 else ()


def _none(where: str) -> LoadError:
    return LoadError(
        "no-office",
        where,
        "LibreOffice, which opens such files, is not installed here",
        "Save it as DOCX in Word or WPS (slides: export as PDF), or install LibreOffice",
        (
            "这类文件要由 LibreOffice 打开，而本机没有安装",
            "请用 Word 或 WPS 打开，选择“另存为”，类型选 DOCX（演示文稿请导出为 PDF），"
            "再加入该文件；或请管理员安装 LibreOffice",
        ),
    )


def _too_long(where: str, seconds: float) -> LoadError:
    return LoadError(
        "too-long",
        where,
        f"LibreOffice took longer than {seconds:g} seconds to open it",
        "Save it as DOCX or PDF and add that, or raise load.max_seconds",
        (
            f"LibreOffice 打开该文件超过 {seconds:g} 秒",
            "请另存为 DOCX 或 PDF 后再加入，或调高 load.max_seconds",
        ),
    )


def _not_converted(where: str) -> LoadError:
    return LoadError(
        "not-converted",
        where,
        "LibreOffice cannot open it: it is damaged, protected by a password, or no such file",
        "Open it in Word or WPS and save it as DOCX or PDF",
        (
            "LibreOffice 无法打开该文件：文件已损坏、有密码保护，或与扩展名不符",
            "请用 Word 或 WPS 打开，另存为 DOCX 或 PDF",
        ),
    )
