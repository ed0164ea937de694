"""Typed settings, read from ``config.yaml`` and the environment.

An unknown or ill-typed key stops the program with one line that names it. Every key can be
overridden by an environment variable: ``ZHENGCAI_SERVER__PORT=8080`` sets ``server.port``.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ingest.settings_file import (
    ENV_PREFIX,
    explained,
    read_values,
    refuse_strange_paths,
    refuse_unknown_environment,
    settings_file,
)

PROJECT = Path(__file__).resolve().parents[1]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _variable(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError("give the name of an environment variable, not the key itself")
    return value


class LoadSettings(_Group):
    """Limits on files that are read."""

    max_file_mb: float = Field(50, gt=0, description="Largest file that is read, in MB.")
    max_expanded_mb: float = Field(300, gt=0, description="Largest unpacked size of a DOCX.")
    max_pages: int = Field(2000, gt=0, description="Most pages of a PDF.")
    max_seconds: float = Field(120, ge=1, description="Processor time to read one file.")
    max_memory_mb: float = Field(1000, ge=100, description="Memory to read one file.")

    @property
    def max_file_bytes(self) -> int:
        """``max_file_mb`` in bytes."""
        return int(self.max_file_mb * 1_000_000)


class IngestSettings(_Group):
    """Who makes files ready for the index."""

    engine: Literal["local", "ray"] = Field("local", description="This machine, or a Ray cluster.")
    processes: Literal["auto"] | Annotated[int, Field(ge=1, le=256)] = Field(
        "auto", description="Of this machine, that parse files."
    )
    address: str | None = Field(None, description="Of the Ray cluster; null: one is started.")


class SplitSettings(_Group):
    """Sizes of passages, in characters."""

    max_chars: int = Field(600, ge=100, description="Longer sections are split.")
    min_chars: int = Field(40, ge=0, description="Shorter neighbours are joined.")


class EmbeddingSettings(_Group):
    """The model that turns text into vectors."""

    model: str = Field("models/zhengce-embed", description="Folder or hub name of the model.")
    query_prompt: str = Field("", description="Put before a question.")
    passage_prompt: str = Field("", description="Put before a passage.")
    dimension: int | None = Field(None, ge=8, description="Keep the first so many dimensions.")
    context: float = Field(
        0.0, ge=0, le=1, description="How much of the passages beside it a passage's vector holds."
    )
    batch_size: int = Field(64, ge=1, description="Passages per step.")
    device: str = Field("cpu", description="cpu, cuda or mps.")


class StoreSettings(_Group):
    """Where the catalogue and what people decided are kept, and where Chroma keeps the vectors."""

    catalogue: str | None = Field(
        None, pattern=r"^postgres(ql)?://", description="null: SQLite; else postgresql://…"
    )
    mode: Literal["embedded", "server"] = "embedded"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    ssl: bool = False
    ca_file: str | None = Field(None, description="PEM file of who signed its certificate.")
    token_env: str | None = Field(None, description="Environment variable with the token.")
    connect_timeout: float = Field(2, gt=0, le=60, description="Seconds until connected.")
    timeout: float = Field(5, gt=0, le=600, description="Seconds, while a question waits.")
    write_timeout: float = Field(60, gt=0, le=3600, description="Seconds, while adding.")
    retries: int = Field(4, ge=0, le=20, description="Further tries without an answer.")
    collection: str = Field("zhengcai", pattern=r"^[a-z0-9][a-z0-9-]{1,40}[a-z0-9]$")

    @field_validator("token_env")
    @classmethod
    def _is_variable(cls, value: str | None) -> str | None:
        return _variable(value)

    @model_validator(mode="after")
    def _name_fits(self) -> StoreSettings:
        if self.catalogue and len(self.collection) > 40:
            raise ValueError("PostgreSQL takes a collection of 40 characters at most")
        return self


class RetrievalSettings(_Group):
    """How passages are found."""

    top_k: int = Field(10, ge=1, le=100, description="Passages handed to the answer.")
    candidates: int = Field(100, ge=10, le=1000, description="Passages per stage.")
    reranker: Literal["learned", "none"] = Field(
        "learned", description="learned: the trained ranking; none: cosine and BM25 added up."
    )


class AnswerSettings(_Group):
    """How answers are made from passages."""

    passages: int = Field(45, ge=1, le=100, description="Passages looked at for an answer.")
    max_statements: int = Field(6, ge=1, le=30)
    min_evidence: float | None = Field(None, ge=0, le=1, description="null: the reader's own.")
    reader: str = Field("models/reader", description="A folder, none, or a CrossEncoder.")


class LlmSettings(_Group):
    """An OpenAI-compatible server that writes the answers; off while ``base_url`` is null."""

    base_url: str | None = Field(None, description="Address of the server, including /v1.")
    model: str = Field("", description="Name of the model, as the server knows it.")
    api_key_env: str | None = Field(None, description="Environment variable with the key.")
    connect_timeout: float = Field(5, gt=0, le=60, description="Seconds until connected.")
    token_timeout: float = Field(30, gt=0, le=600, description="Seconds between two tokens.")
    total_timeout: float = Field(120, gt=0, le=3600, description="Seconds for one answer.")
    max_tokens: int = Field(1024, ge=16, le=32768, description="Longest answer, in tokens.")
    temperature: float | None = Field(0, ge=0, le=2, description="null: the server's own.")
    passages: int = Field(8, ge=1, le=50, description="Most passages shown to the model.")
    context: int | None = Field(None, ge=1024, description="Tokens it takes; null: as it says.")
    prompt_tokens: int = Field(2000, ge=200, le=200_000, description="Most tokens of passages.")
    constrain: bool = Field(True, description="Bind its answers to a JSON schema, where it can.")
    concurrent: int = Field(2, ge=1, le=64, description="Answers that it writes at once.")

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s@?#]*)?", value):
            raise ValueError("give http://HOST:PORT/v1 or https://…, without user, key or query")
        return value

    @field_validator("api_key_env")
    @classmethod
    def _is_variable(cls, value: str | None) -> str | None:
        return _variable(value)

    @model_validator(mode="after")
    def _names_a_model(self) -> LlmSettings:
        if self.base_url and not self.model.strip():
            raise ValueError("base_url is set, so model must name a model of that server")
        return self


class ServerSettings(_Group):
    """The web chat."""

    host: str = "127.0.0.1"
    port: int = Field(7860, ge=1, le=65535)
    language: Literal["auto", "zh", "en"] = "auto"
    allowed_hosts: tuple[str, ...] = Field((), description="Further names of this server.")
    proxies: tuple[str, ...] = Field(
        (), description="Addresses or networks whose X-Forwarded-… headers are believed."
    )
    concurrent: int = Field(
        8, ge=1, le=64, description="Questions taken on at once, by the page and by REST."
    )
    waiting: int = Field(100, ge=0, le=10_000, description="REST and MCP questions that wait.")
    processes: Literal["auto"] | Annotated[int, Field(ge=0, le=64)] = Field(
        "auto", description="Processes that answer, beside the serving one."
    )
    remembered: int = Field(256, ge=0, le=100_000, description="Answers kept for equal questions.")
    connections: int = Field(
        256, ge=8, le=100_000, description="From one address at once; proxies may hold any number."
    )
    anonymous: Literal["auto", "none", "reader", "editor"] = Field(
        "auto", description="What one may do who did not log in."
    )

    @field_validator("proxies")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ipaddress.ip_network(one, strict=False)
            except ValueError:
                raise ValueError(f"give addresses such as 127.0.0.1 or 10.0.0.0/8: {one}") from None
        return value


class PublicSettings(_Group):
    """What those may do who only read and did not log in, and how long a link holds."""

    questions_per_minute: int = Field(60, ge=1, description="From one address.")
    readings_per_minute: int = Field(
        600, ge=10, description="Documents, lists and pages, from one address."
    )
    shares_per_day: int = Field(50, ge=0, description="Links made from one address.")
    verdicts_per_day: int = Field(200, ge=0, description="Verdicts given from one address.")
    share_days: int = Field(180, ge=1, le=36_500, description="Links end after so many days.")


class LogSettings(_Group):
    """The security log, ``data/security.log``."""

    security: bool = Field(True, description="Logins, refusals, tokens and changes.")
    questions: bool = Field(False, description="Also what was asked.")
    max_mb: float = Field(10, gt=0, description="A larger file is put aside.")
    files: int = Field(5, ge=1, le=100, description="Files put aside that are kept.")


class LibrarySettings(_Group):
    """Adding documents in the browser or by REST."""

    max_drafts: int = Field(100, ge=1, description="Previews that may wait.")
    max_drafts_mb: float = Field(500, gt=0, description="Size of all of them, in MB.")
    draft_hours: float = Field(24, gt=0, description="Older previews are forgotten.")
    allow_private_addresses: bool = Field(
        False, description="Also fetch pages from the office's own network."
    )


class Account(_Group):
    """Somebody who may log in; made by ``python -m app account``."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")
    role: Literal["reader", "editor"] = "reader"
    password: str | None = Field(
        None, pattern=r"^\$argon2id\$", description="Hash, for the browser."
    )
    tokens: tuple[Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")], ...] = Field(
        (), description="Hashes, for programs."
    )


class Settings(BaseSettings):
    """All settings. Relative paths are relative to ``base``, the folder of the settings file."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    base: Path = PROJECT
    corpus: Path = Path("corpus")
    data: Path = Path("data")
    ingest: IngestSettings = IngestSettings()
    load: LoadSettings = LoadSettings()
    split: SplitSettings = SplitSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    store: StoreSettings = StoreSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answer: AnswerSettings = AnswerSettings()
    llm: LlmSettings = LlmSettings()
    server: ServerSettings = ServerSettings()
    library: LibrarySettings = LibrarySettings()
    public: PublicSettings = PublicSettings()
    log: LogSettings = LogSettings()
    accounts: tuple[Account, ...] = ()

    @field_validator("accounts")
    @classmethod
    def _names_differ(cls, value: tuple[Account, ...]) -> tuple[Account, ...]:
        if len({account.name for account in value}) < len(value):
            raise ValueError("two accounts have the same name")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides the file."""
        return env_settings, init_settings

    @property
    def paths(self) -> dict[str, str]:
        """What is the name of a file or folder, by the setting that gives it."""
        return {
            "corpus": str(self.corpus),
            "data": str(self.data),
            "embedding.model": self.embedding.model,
            "answer.reader": self.answer.reader,
            "store.ca_file": self.store.ca_file or "",
        }

    @property
    def corpus_folder(self) -> Path:
        """The folder of source files, absolute."""
        return (self.base / self.corpus).resolve()

    @property
    def data_folder(self) -> Path:
        """The folder of the index, absolute."""
        return (self.base / self.data).resolve()

    @property
    def model_path(self) -> str:
        """The embedding model: an absolute folder where one of that name exists, else the name."""
        folder = self.base / self.embedding.model
        return str(folder.resolve()) if folder.is_dir() else self.embedding.model


def load_settings(path: Path | str | None = None) -> Settings:
    """Settings from ``path``, else ``./config.yaml``, else the project's own ``config.yaml``.

    :raises SettingsError: if the file is missing or is no YAML mapping, or a key in it or in the
        environment is unknown, ill-typed or out of bounds.
    """
    file = settings_file(path, PROJECT / "config.yaml")
    values = read_values(file)
    refuse_unknown_environment(Settings.model_fields.keys() - {"base"})
    try:
        settings = Settings(**{**values, "base": file.resolve().parent})
    except ValidationError as error:
        raise explained(error, file) from None
    refuse_strange_paths(settings.paths, file)
    if settings.store.ca_file is None:
        return settings
    ca_file = str(settings.base / settings.store.ca_file)
    store = settings.store.model_copy(update={"ca_file": ca_file})
    return settings.model_copy(update={"store": store})
