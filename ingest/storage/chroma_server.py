"""A Chroma server behind HTTP or TLS: who asks, how long one waits, how often one tries again.

All that is asked of it may be asked twice (upsert, delete by id, get, query), so a request that got
no answer is put again. Chroma's own client waits for ever and offers no setting for it; this one
has the session replaced before its first request.
"""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING, Any

import httpx
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
)

from ingest.errors import IndexStateError, SettingsError, UserError
from ingest.settings import StoreSettings

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

_BUSY = (502, 503, 504)
_REFUSED = (401, 403)
_TENANT, _DATABASE = "default_tenant", "default_database"


class ChromaServer:
    """The collections of one server, in the words of Chroma's own client.

    :param patient: as one who adds waits; otherwise as one who asks.
    :raises SettingsError: if the token or the authority of the certificate is not to be had.
    """

    def __init__(self, settings: StoreSettings, patient: bool) -> None:
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        from chromadb.api.fastapi import FastAPI
        from chromadb.config import Settings, System

        session = _session(settings, patient)
        options = Settings(
            anonymized_telemetry=False,
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=settings.host,
            chroma_server_http_port=settings.port,
            chroma_server_ssl_enabled=settings.ssl,
        )
        self._server = FastAPI(System(options))
        session.headers.update(self._server._session.headers)
        self._server._session.close()
        self._server._session = session

    def get_collection(self, name: str, embedding_function: None = None) -> Collection:
        """As Chroma's; raises its ``NotFoundError``."""
        return self._collection(self._server.get_collection(name, _TENANT, _DATABASE))

    def get_or_create_collection(
        self, name: str, embedding_function: None = None, configuration: Any = None
    ) -> Collection:
        """As Chroma's."""
        found = self._server.create_collection(
            name,
            configuration=configuration,
            get_or_create=True,
            tenant=_TENANT,
            database=_DATABASE,
        )
        return self._collection(found)

    def delete_collection(self, name: str) -> None:
        """As Chroma's."""
        self._server.delete_collection(name, _TENANT, _DATABASE)

    def close(self) -> None:
        """Let go of the connections."""
        self._server._session.close()

    def _collection(self, model: Any) -> Collection:
        from chromadb.api.models.Collection import Collection

        return Collection(client=self._server, model=model, embedding_function=None)


def beat(settings: StoreSettings) -> UserError | None:
    """Why the server does not answer now, ``None`` if it does; asked once."""
    once = settings.model_copy(update={"retries": 0, "timeout": settings.connect_timeout})
    scheme = "https" if settings.ssl else "http"
    try:
        with _session(once, patient=False) as session:
            session.get(f"{scheme}://{settings.host}:{settings.port}/api/v2/heartbeat")
    except UserError as error:
        return error
    return None


def _session(settings: StoreSettings, patient: bool) -> httpx.Client:
    seconds = settings.write_timeout if patient else settings.timeout
    headers = {"authorization": f"Bearer {token}"} if (token := _token(settings)) else {}
    return httpx.Client(
        headers=headers,
        timeout=httpx.Timeout(seconds, connect=settings.connect_timeout),
        transport=_Again(settings, patient),
    )


class _Again(httpx.BaseTransport):
    """Puts a request again that got no answer, and says in one line why there is none.

    Who asks does not wait longer in all than for one request, who adds waits for every try.
    """

    def __init__(self, settings: StoreSettings, patient: bool) -> None:
        self._settings = settings
        self._beneath = httpx.HTTPTransport(verify=_verify(settings))
        enough = stop_after_attempt(settings.retries + 1)
        self._retrying = Retrying(
            stop=enough if patient else enough | stop_after_delay(settings.timeout),
            wait=wait_exponential(multiplier=0.5 if patient else 0.05, max=10),
            retry=retry_if_exception(_passes) | retry_if_result(lambda r: r.status_code in _BUSY),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            answer = self._retrying.copy()(self._once, request)
        except RetryError as error:
            raise _silent(where) from error
        except httpx.TransportError as error:
            raise _untrusted(where, str(error)) from error
        if answer.status_code in _REFUSED:
            raise _refused(where, self._settings.token_env)
        return answer

    def _once(self, request: httpx.Request) -> httpx.Response:
        answer = self._beneath.handle_request(request)
        answer.read()  # to the end, so that one cut off is put again too
        return answer

    def close(self) -> None:
        self._beneath.close()


def _passes(error: BaseException) -> bool:
    """Whether it may go well the next time; a certificate stays what it is."""
    return isinstance(error, httpx.TransportError) and "CERTIFICATE" not in str(error).upper()


def _token(settings: StoreSettings) -> str | None:
    if settings.token_env is None:
        return None
    token = os.environ.get(settings.token_env, "").strip()
    if not token or not token.isascii() or not token.isprintable():
        raise SettingsError(
            "no-token",
            settings.token_env,
            "the variable that store.token_env names holds no token",
            "Put the Chroma server's token into it",
            ("store.token_env 所指的环境变量中没有令牌", "请将 Chroma 服务的令牌放入其中"),
        )
    return token


def _verify(settings: StoreSettings) -> ssl.SSLContext | bool:
    if settings.ca_file is None or not settings.ssl:
        return True
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # SSLError is one
        raise SettingsError(
            "bad-ca-file",
            settings.ca_file,
            f"it cannot be read as certificates ({error.strerror or error})",
            "Give store.ca_file the PEM file of the authority",
            ("无法作为证书读取", "请将 store.ca_file 设为签发机构的 PEM 文件"),
        ) from None


def _silent(where: str) -> IndexStateError:
    return IndexStateError(
        "no-store",
        where,
        "no Chroma server answers there",
        "Start `chroma run` or set store.mode to embedded",
        ("该地址没有 Chroma 服务", "请启动 chroma run，或将 store.mode 设为 embedded"),
    )


def _untrusted(where: str, reason: str) -> IndexStateError:
    return IndexStateError(
        "store-refused",
        where,
        f"the Chroma server's certificate is not trusted ({reason})",
        "Set store.ca_file to the PEM file of the authority that signed it",
        ("不信任该 Chroma 服务的证书", "请将 store.ca_file 设为其签发机构的 PEM 文件"),
    )


def _refused(where: str, variable: str | None) -> IndexStateError:
    what = "refuses the token" if variable else "wants a token"
    return IndexStateError(
        "store-refused",
        where,
        f"the Chroma server {what}",
        f"Put the right one into {variable}" if variable else "Set store.token_env",
        (
            "Chroma 服务拒绝了令牌" if variable else "Chroma 服务需要令牌",
            f"请将正确的令牌放入 {variable}" if variable else "请设置 store.token_env",
        ),
    )
