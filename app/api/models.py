"""What goes into the REST interface and MCP and what comes out, in the form of :mod:`app.as_json`.

Descriptions are in both languages, as the API's page and MCP clients show them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field, StringConstraints

from app.as_json import answer_from_json
from app.types import Filters, Turn
from ingest.document import DocumentKind

Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


def both(chinese: str, english: str) -> str:
    """A description in both languages."""
    return f"{chinese} · {english}"


class In(BaseModel):
    """What comes in; anything not described is refused."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What goes out, made from an object with attributes of the same names."""

    model_config = ConfigDict(from_attributes=True)


class FiltersIn(In):
    """限定检索的文件 · Limits on the documents searched."""

    kind: DocumentKind | None = Field(None, description=both("文件类型", "kind of text"))
    issuer: Name | None = Field(None, description=both("发布机关", "issuing body"))
    region: Name | None = Field(None, description=both("地区", "region"))
    level: Literal["central", "local"] | None = Field(
        None, description=both("中央或地方", "central or local")
    )
    year: int | None = Field(
        None,
        ge=1949,
        le=2100,
        description=both("发布、施行或版本的年份", "year of publication, effect or version"),
    )
    since: date | None = Field(
        None, description=both("发布、施行或版本日期不早于此日", "with such a day from this one on")
    )
    until: date | None = Field(
        None, description=both("发布、施行或版本日期不晚于此日", "with such a day up to this one")
    )
    in_force: bool = Field(
        False,
        description=both("不含已废止、失效或被取代的文件", "leave out what is not in force"),
    )
    documents: list[Name] = Field(
        default_factory=list,
        max_length=200,
        description=both("仅限这些文件编号", "only documents with these ids"),
    )

    def filters(self) -> Filters:
        """The same for the retriever."""
        return Filters(**{**self.model_dump(mode="json"), "documents": tuple(self.documents)})


class Quote(Out):
    """原文中的一段 · A run of a document's text, ``text[start:end]``, in characters."""

    document: str = Field(description=both("文件编号", "id of the document"))
    start: int
    end: int


class Statement(Out):
    """答案中的一句 · One sentence or list of an answer."""

    text: str
    citations: Annotated[list[int], FailFast()] = Field(
        description=both("引文编号 n", "numbers n of its citations")
    )
    verified: bool = Field(
        True, description=both("数字、日期、名称与原文一致", "figures, dates and names checked")
    )
    score: float | None = Field(
        None, description=both("通过核对的比例，0 到 1", "share of its checks passed, 0 to 1")
    )
    further: bool = Field(
        False, description=both("另见，排在直接回答之后", "stands beside the answer: see also")
    )
    direct: bool = Field(
        False,
        description=both("直接回答，全文见其后各句", "the short answer; provisions follow"),
    )
    about: str = Field(
        "", description=both("对比时所属的一方", "the one of the things compared it speaks of")
    )
    region: str = Field(
        "",
        description=both("所引文件的地区，示于引文前", "whose rule it is; shown before the text"),
    )
    named: str = Field(
        "",
        description=both(
            "同类文件中的哪一份，示于引文前", "which of several of its kind; shown before the text"
        ),
    )
    quotes: Annotated[list[Quote], FailFast()] = Field(
        default_factory=list, description=both("逐字引用的原文", "the runs that it repeats")
    )


class Outdated(Out):
    """文中提到而已被取代的文件 · A text named in a cited place that was replaced by another."""

    name: str
    by: str
    since: str = Field(description=both("取代之日，未知为空", "the day; empty where not known"))


class Elsewhere(Out):
    """同一文本的另一出处 · Another copy of a cited document's text."""

    document: str = Field(description=both("文件编号", "id of the document"))
    title: str
    source: str
    url: str = Field("", description=both("网址，未知为空", "empty where not known"))


class Citation(Out):
    """引文 · A place that proves a statement; ``text`` equals the document's ``[start:end]``."""

    n: int = Field(description=both("编号，从 1 起", "number, from 1"))
    document: str = Field(description=both("文件编号", "id of the document"))
    title: str
    section: str = Field(description=both("条款路径", "path of the section"))
    official: str = Field(description=both("公文引用格式", "reference as official writing has it"))
    text: str
    start: int
    end: int
    source: str
    url: str | None = None
    content_hash: str = Field(description=both("原文件的 SHA-256", "SHA-256 of the file's bytes"))
    passage: str = ""
    superseded: bool = Field(False, description=both("已有新版本", "a newer version is in force"))
    repaired: bool = Field(False, description=both("含修复文字", "its text was repaired"))
    basis: str = Field(
        "",
        description=both("所依据的同引文件（根据《…》制定）", "cited document it was made under"),
    )
    dated: str = Field("", description=both("版本日期", "date of the version"))
    replaced_by: str = Field(
        "", description=both("取代它的文件及日期", "title and date of what replaced it")
    )
    outdated: Annotated[list[Outdated], FailFast()] = Field(
        default_factory=list,
        max_length=100,
        description=both(
            "文中提到而已被取代的文件", "texts that it names though they were replaced"
        ),
    )
    page: int | None = Field(
        None,
        description=both("原文件的页码（如有）", "page of the file, if it has pages"),
    )
    recognised: bool = Field(
        False,
        description=both("文字由扫描件识别，可能有误", "its text was recognised in a scan"),
    )
    also_at: Annotated[list[Elsewhere], FailFast()] = Field(
        default_factory=list,
        max_length=100,
        description=both("同一文本另见于", "other copies of the same text"),
    )


class Hit(Out):
    """检索到的段落 · A passage found, best first."""

    rank: int
    score: float = Field(description=both("仅在同一次检索内可比", "comparable within one search"))
    dense: float
    lexical: float
    probability: float = Field(
        description=both("与问题相关的估计概率", "estimated probability that it bears on it")
    )
    passage: str
    document: str
    title: str
    section: str
    text: str
    start: int
    end: int
    source: str
    dated: str | None = Field(None, description=both("版本日期", "date of the version"))
    superseded: bool
    replaced_by: str = Field(
        "", description=both("取代它的文件及日期", "what took its place, and when")
    )


class Earlier(BaseModel):
    """对话中较早的一轮；可直接放入先前的回答 · An earlier turn: an earlier answer as it came."""

    model_config = ConfigDict(extra="ignore")

    question: Question
    standalone: str = Field("", max_length=4000)
    answer: str = Field("", max_length=40_000)
    abstained: bool = False
    aside: bool = False
    statements: Annotated[list[Statement], FailFast()] = Field(default_factory=list, max_length=100)
    citations: Annotated[list[Citation], FailFast()] = Field(default_factory=list, max_length=100)


class AskIn(In):
    """一个问题 · A question."""

    question: Question = Field(description=both("问题", "the question"))
    history: Annotated[list[Earlier], FailFast()] = Field(
        default_factory=list,
        max_length=20,
        description=both("对话至今，由早到晚", "the conversation so far, oldest first"),
    )
    filters: FiltersIn = Field(default_factory=FiltersIn)
    language: Literal["zh", "en"] | None = Field(
        None,
        description=both(
            "引文之外文字的语言；默认依 Accept-Language",
            "of the words around the quotes; by Accept-Language if left out",
        ),
    )

    def turns(self) -> list[Turn]:
        """The history for the assistant."""
        answers = (answer_from_json(earlier.model_dump()) for earlier in self.history)
        return [Turn(answer.question, answer) for answer in answers]


class SearchIn(In):
    """一次检索 · A search."""

    question: Question = Field(description=both("问题或关键词", "question or words"))
    k: int = Field(10, ge=1, le=100, description=both("段落数", "how many passages"))
    filters: FiltersIn = Field(default_factory=FiltersIn)


class AnswerOut(Out):
    """答案，或说明不能回答 · An answer, or that the corpus holds none."""

    question: str
    standalone: str = Field(
        description=both("补全后的问题", "the question as completed from the history")
    )
    answer: str = Field(description=both("带 [n] 的全文", "whole text with its [n]"))
    abstained: bool = Field(
        description=both("已收录的文件不能回答", "the corpus does not answer it")
    )
    aside: bool = Field(
        False,
        description=both("问候的回应或反问，非拒答", "a greeting or question back, no refusal"),
    )
    statements: list[Statement]
    citations: list[Citation]
    nearest: list[Hit] = Field(
        description=both("拒答时最接近的段落，不是答案", "nearest passages, not an answer")
    )
    evidence: Literal["strong", "weak", "none"]
    probability: float = Field(
        0.0, description=both("首个出处能回答的概率估计", "estimate that the first place answers")
    )
    score: float | None = Field(
        None, description=both("各句 score 的平均值", "mean score of its statements")
    )
    notice: str
    timings_ms: dict[str, float]


class SearchOut(Out):
    """检索结果 · What a search found."""

    question: str
    results: list[Hit]


class Rejected(BaseModel):
    """不合要求的一项 · A value that was rejected."""

    model_config = ConfigDict(populate_by_name=True)

    place: str = Field(alias="in", description="body, query, path, header")
    pointer: str = Field(description="JSON pointer (RFC 6901)")
    reason: str


class Problem(BaseModel):
    """错误（RFC 9457） · An error."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    where: str | None = None
    what: str | None = None
    how: str | None = None
    errors: list[Rejected] | None = None


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for status, text in (
        ("4XX", both("请求有误", "the request is at fault")),
        ("5XX", both("服务暂不可用或出错", "the server is busy or failed")),
    )
}
