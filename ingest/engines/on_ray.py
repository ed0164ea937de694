"""Files made ready by the workers of a Ray cluster, on this machine or on many.

A worker is sent a file's bytes and gives back the document with its vectors; only this process
writes. The program must be installed on each machine under the same path, with the same model; a
worker whose model differs says so. Ray starts a task anew whose worker or machine was lost.
"""

from __future__ import annotations

import logging
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError

from ingest.embed import Embedder
from ingest.engines.engine import Batch, Made, batches, with_vectors
from ingest.errors import LoadError, SettingsError, UserError
from ingest.index import recipe_of
from ingest.prepare import Origin, prepare
from ingest.settings import Settings

_RETRIES = 3
_PATIENCE = 10.0


class RayEngine:
    """The cluster that ``ingest.address`` names, or one that lives as long as this.

    :raises SettingsError: if no cluster answers there, or not without its token.
    """

    def __init__(self, settings: Settings, embedder: Embedder) -> None:
        self._settings = settings.model_copy(update={"accounts": ()})  # no worker needs them
        self._recipe = recipe_of(settings, embedder.fingerprint)
        self._joined = not ray.is_initialized()
        if self._joined:
            _join(settings)
        self._task: Any = ray.remote(num_cpus=1, max_retries=_RETRIES)(_made_far)

    def made(self, origins: Sequence[Origin]) -> Iterator[Batch]:
        """See :class:`ingest.engines.engine.Engine`."""
        return batches(origins, self._submit, _taken)

    def close(self) -> None:
        """Leave the cluster, which ends what it still does for this process."""
        if self._joined:
            ray.shutdown()

    def _submit(self, origin: Origin) -> Future[Made]:
        data = None if origin.fault else _bytes(origin.file, self._settings)
        if data is None:
            return _refused(origin, self._settings)
        there = replace(origin, file=Path(origin.file.name))
        begun = self._task.remote(there, data, self._settings, self._recipe)
        future: Future[Made] = begun.future()
        return future


def _join(settings: Settings) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = settings.ingest.address
    own: dict[str, Any] = (
        {} if address else {"include_dashboard": False, "num_cpus": _cores(settings)}
    )
    try:
        _try(address)
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False, **own)
    except (OSError, RuntimeError, ValueError, RayError) as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else repr(error)
        raise SettingsError(
            "no-cluster",
            f"ingest.address {address}",
            f"no Ray cluster answers there ({reason})",
            "Run `ray start --head`, or correct the address; for a cluster that goes by a token,"
            " set RAY_AUTH_MODE=token and put the token into ~/.ray/auth_token",
            (
                "该地址没有可用的 Ray 集群",
                "请运行 ray start --head，或更正地址；集群要求令牌时，"
                "请设置 RAY_AUTH_MODE=token 并将令牌放入 ~/.ray/auth_token",
            ),
        ) from error


def _try(address: str | None) -> None:
    """Ray itself waits for minutes where nobody listens."""
    host, _, port = (address or "").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()


def _cores(settings: Settings) -> int | None:
    return None if settings.ingest.processes == "auto" else settings.ingest.processes


def _bytes(file: Path, settings: Settings) -> bytes | None:
    """What the file holds, ``None`` where it is not to be read or too large, as loading says."""
    try:
        if not file.is_file() or file.stat().st_size > settings.load.max_file_bytes:
            return None
        return file.read_bytes()
    except (OSError, ValueError):
        return None


def _refused(origin: Origin, settings: Settings) -> Future[Made]:
    """What loading says of a file that is not to be read."""
    future: Future[Made] = Future()
    try:
        prepare(origin, settings)
    except LoadError as error:
        future.set_exception(error)
    else:  # it has come to be readable meanwhile
        future.set_exception(_ended(origin.source, "the file has changed"))
    return future


def _made_far(origin: Origin, data: bytes, settings: Settings, recipe: str) -> Made | UserError:
    """The work of one task; ``origin.file`` is a name only."""
    embedder = _embedder(settings)
    own = recipe_of(settings, embedder.fingerprint)
    if own != recipe:
        return SettingsError(
            "node-differs",
            f"Ray, {os.uname().nodename}",
            f"the program or the model there is another one ({own}, not {recipe})",
            "Install the same version with the same model under the same path on all machines",
            ("该节点上的程序或模型不同", "请在所有机器的同一路径安装同一版本与模型"),
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"file{origin.file.suffix}")
        file.write_bytes(data)
        try:
            return with_vectors(prepare(replace(origin, file=file), settings), embedder)
        except UserError as error:
            return error


@lru_cache(maxsize=1)
def _embedder(settings: Settings) -> Embedder:
    """Kept by a worker for its next file; loads the model when first needed."""
    return Embedder(settings)


def _taken(origin: Origin, future: Future[Made]) -> Made | LoadError:
    try:
        result: Any = future.result()
    except LoadError as error:
        return error
    except RayError as error:
        return _ended(origin.source, type(error).__name__)
    if isinstance(result, UserError) and not isinstance(result, LoadError):
        raise result
    made: Made | LoadError = result
    return made


def _ended(source: str, reason: str) -> LoadError:
    return LoadError(
        "worker-ended",
        source,
        f"the workers that read it ended ({reason})",
        "Look at the cluster with `ray status`, then add it again",
        (f"读取该文件的节点意外结束（{reason}）", "请用 ray status 检查集群，再重新加入"),
    )
