"""Errors as ``application/problem+json`` (RFC 9457), in the language that the client asks for.

``type`` names the error for programs, as ``urn:zhengcai:<code>``; ``detail`` is the line a person
reads; ``where``, ``what`` and ``how`` are its parts. A rejected body or parameter has ``errors``
besides, each with a JSON pointer (RFC 6901).
"""

from __future__ import annotations

import sqlite3
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.outward import explained_outward, outward
from ingest.errors import IndexStateError, LoadError, SettingsError, UserError
from ingest.language import Language

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Scope, Send

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 20
SYSTEM: tuple[type[Exception], ...] = (OSError, sqlite3.DatabaseError, MemoryError)
"""What the operating system and SQLite raise."""

_STATUS = {
    "damaged-index": 503,
    "disk-full": 507,
    "read-only": 503,
    "no-permission": 503,
    "no-memory": 503,
    "system-error": 503,
    "no-index": 503,
    "other-recipe": 503,
    "busy": 409,
    "no-document": 404,
    "no-section": 404,
    "file-gone": 404,
    "ambiguous-document": 409,
    "ambiguous-section": 409,
    "no-such-run": 422,
    "already-in": 409,
    "cannot-undo": 409,
    "too-many-drafts": 409,
    "too-large": 413,
    "question-too-long": 413,
    "unknown-format": 415,
    "feedback-full": 503,
    "no-sessions": 503,
    "no-second-factor": 503,
    "has-second-factor": 409,
    "too-many-tries": 429,
    "logins-busy": 503,
    "too-many-shares": 503,
    "share-too-large": 413,
}

_TITLES = {
    400: "请求有误",
    401: "需要登录或令牌",
    403: "没有权限",
    404: "没有找到",
    405: "不支持这种请求方法",
    406: "无法提供所要求的格式",
    408: "请求超时",
    409: "与当前状态冲突",
    413: "内容过大",
    415: "不支持的内容类型",
    421: "主机名不被接受",
    422: "请求内容不合要求",
    429: "请求过多",
    500: "服务器出错",
    503: "暂时无法提供服务",
    507: "存储空间不足",
}

_REASONS = {
    "missing": "缺少此项",
    "extra_forbidden": "没有这一项",
    "json_invalid": "不是有效的 JSON",
    "string_too_short": "太短，至少 {min_length} 个字符",
    "string_too_long": "太长，最多 {max_length} 个字符",
    "string_type": "应为文本",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "list_type": "应为数组",
    "model_attributes_type": "应为对象",
    "dict_type": "应为对象",
    "too_long": "太长，最多 {max_length} 项",
    "too_short": "太短，至少 {min_length} 项",
    "literal_error": "只能是 {expected}",
    "enum": "只能是 {expected}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "string_pattern_mismatch": "格式不符",
}


class Refusal(UserError):
    """A request that is turned away with this ``status`` and these ``headers``."""

    def __init__(
        self,
        status: int,
        code: str,
        where: str,
        what: str,
        remedy: str,
        zh: tuple[str, str],
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code, where, what, remedy, zh)
        self.status = status
        self.headers = headers or {}


def language_of(request: Request) -> Language:
    """The language for the words of an answer or error, by ``Accept-Language``; else Chinese."""
    return accepted_language(request.headers.get("accept-language", ""))


def accepted_language(header: str, otherwise: Language = "zh") -> Language:
    """The one of the two languages that an ``Accept-Language`` header (RFC 9110, 12.5.4) ranks
    higher; ``otherwise`` where it names neither."""
    found: list[tuple[float, int, Language]] = []
    for place, part in enumerate(header.split(",")):
        tag, _, weight = part.strip().partition(";")
        try:
            q = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        primary = tag.strip().lower().split("-")[0]
        if primary in ("zh", "en") and q > 0:
            found.append((-q, place, "zh" if primary == "zh" else "en"))
    return min(found)[2] if found else otherwise


def status_of(error: UserError) -> int:
    """The HTTP status that fits an error of the product."""
    if isinstance(error, Refusal):
        return error.status
    if error.code in _STATUS:
        return _STATUS[error.code]
    if isinstance(error, LoadError):
        return 422
    if isinstance(error, IndexStateError):
        return 503
    return 500 if isinstance(error, SettingsError) else 400


def problem_of(error: UserError, language: Language) -> dict[str, Any]:
    """An error of the product as a problem."""
    status, error = status_of(error), outward(error)
    chinese = language == "zh" and error.zh is not None
    what, how = error.zh if chinese and error.zh else (error.what, error.remedy)
    return {
        **_named(error.code, status, language),
        "detail": error.line(language),
        "where": error.where,
        "what": what,
        "how": how,
    }


def response_for(error: UserError, language: Language) -> Response:
    """The answer to a request that failed with ``error``."""
    headers = error.headers if isinstance(error, Refusal) else {}
    return _respond(problem_of(error, language), language, headers)


async def turn_away(refusal: Refusal, scope: Scope, send: Send) -> None:
    """Answer a request that goes no further; the page's own requests find the line in both
    languages under ``error``, as from its routes."""
    request = Request(scope)
    language = language_of(request)
    problem = problem_of(refusal, language)
    if not scope["path"].startswith("/api/"):
        problem["error"] = {"zh": refusal.line("zh"), "en": refusal.line("en")}
    await _respond(problem, language, refusal.headers)(scope, request.receive, send)


def unexpected(language: Language) -> dict[str, Any]:
    """The problem of a failure that is nobody's mistake but ours."""
    words = {
        "zh": ("处理请求时出错", "请再试一次；若仍出错，请查看服务端日志"),
        "en": ("the request failed", "Try again; if it fails again, see the server's log"),
    }
    what, how = words[language]
    return {**_named("failed", 500, language), "detail": what, "what": what, "how": how}


def explain_in(app: FastAPI) -> None:
    """Make every error that ``app`` answers with a problem."""

    async def user_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, UserError)
        return response_for(error, language_of(request))

    async def rejected(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        language = language_of(request)
        return _respond(_rejection(error, language), language)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        language = language_of(request)
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        problem = _named(code, error.status_code, language)
        shown = {**problem, "detail": problem["title"]}
        return _respond(shown, language, dict(error.headers or {}))

    async def system(request: Request, error: Exception) -> Response:
        return response_for(_of_system(error), language_of(request))

    async def crashed(request: Request, error: Exception) -> Response:
        language = language_of(request)
        return _respond(unexpected(language), language)

    app.add_exception_handler(UserError, user_error)
    app.add_exception_handler(RequestValidationError, rejected)
    app.add_exception_handler(HTTPException, http)
    for kind in SYSTEM:
        app.add_exception_handler(kind, system)
    app.add_exception_handler(Exception, crashed)


def explain_pages_in(app: FastAPI) -> None:
    """Make every error of the page's own routes an object whose ``error`` holds the line in both
    languages."""

    def told(zh: str, en: str, status: int) -> Response:
        return JSONResponse({"error": {"zh": zh, "en": en}}, status, {"cache-control": "no-store"})

    async def user_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, UserError)
        shown = outward(error)
        return told(shown.line("zh"), shown.line("en"), status_of(error))

    async def system(request: Request, error: Exception) -> Response:
        return await user_error(request, _of_system(error))

    async def rejected(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        zh, en = (_rejection(error, language)["detail"] for language in ("zh", "en"))
        return told(zh, en, 422)

    async def crashed(request: Request, error: Exception) -> Response:
        return told(unexpected("zh")["detail"], unexpected("en")["detail"], 500)

    app.add_exception_handler(UserError, user_error)
    app.add_exception_handler(RequestValidationError, rejected)
    for kind in SYSTEM:
        app.add_exception_handler(kind, system)
    app.add_exception_handler(Exception, crashed)


def _of_system(error: Exception) -> UserError:
    """What a full disk, say, comes to.

    :raises Exception: ``error`` itself, if it is a fault of the program.
    """
    fault = explained_outward(error)
    if fault is None:
        raise error
    return fault


def _rejection(error: RequestValidationError, language: Language) -> dict[str, Any]:
    errors = []
    for found in error.errors()[:MOST_ERRORS]:
        place, *path = found["loc"]
        reason = _reason(found, language)
        pointer = "".join(f"/{part}" for part in path)
        errors.append({"in": place, "pointer": pointer, "reason": reason})
    first = errors[0]
    where = f"{first['in']}{first['pointer']}"
    gap = "：" if language == "zh" else ": "
    return {
        **_named("rejected", 422, language),
        "detail": f"{where}{gap}{first['reason']}",
        "where": where,
        "what": first["reason"],
        "errors": errors,
    }


def _reason(found: dict[str, Any], language: Language) -> str:
    """Why one value was rejected; pydantic's own words in English."""
    if language == "zh":
        said = _REASONS.get(found["type"], "不合要求")
        return said.format_map(found.get("ctx", {}))
    message: str = found["msg"]
    return message


def _named(code: str, status: int, language: Language) -> dict[str, Any]:
    english = HTTPStatus(status).phrase
    return {
        "type": f"urn:zhengcai:{code}",
        "title": _TITLES.get(status, english) if language == "zh" else english,
        "status": status,
        "code": code,
    }


def _respond(
    problem: dict[str, Any], language: Language, headers: dict[str, str] | None = None
) -> Response:
    said = {"content-language": language, "vary": "accept-language", "cache-control": "no-store"}
    return JSONResponse(
        problem,
        status_code=problem["status"],
        media_type=MEDIA_TYPE,
        headers={**said, **(headers or {})},
    )
