"""Documents, their sections and their cards as the REST interface and MCP give them."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from app.api.models import Out, both
from ingest.validity import State

_REPLACED_BY = both("取代它的文件及日期", "title and date of what replaced it")


class DocumentOut(Out):
    """已收录的一份文件 · A document of the corpus."""

    model_config = ConfigDict(extra="allow")

    id: str
    title: str
    issuer: str | None = None
    number: str | None = Field(None, description=both("文号", "document number"))
    published: str | None = None
    effective: str | None = None
    expires: str | None = None
    version: str | None = None
    region: str | None = None
    kind: str | None = None
    level: str | None = None
    url: str | None = None
    source_name: str | None = None
    validity: str | None = Field(
        None,
        description=both(
            "来源所载的时效：in-force、amended、repealed",
            "what the source says: in-force, amended or repealed",
        ),
    )
    as_of: str | None = Field(
        None, description=both("来源所载的截至日期", "the day it says so for")
    )
    source: str
    format: str
    content_hash: str
    passages: int
    repairs: int
    added: str
    superseded: bool
    replaced_by: str = Field("", description=_REPLACED_BY)
    state: State = Field(
        description=both(
            "时效：来源载明现行的为 current，否则为 newest（未见更新版本）等",
            "current only where the source says so, else newest (no newer version known) etc.",
        )
    )


class DocumentsOut(Out):
    """已收录的文件 · Documents of the corpus, in order of title and version."""

    total: int = Field(description=both("符合条件的总数", "how many match"))
    documents: list[DocumentOut]


class OutlineEntry(Out):
    """目录的一行 · A line of the outline."""

    section: str
    kind: str
    start: int
    end: int


class CardEntryOut(Out):
    """采购信息卡的一项 · What the papers of a purchase state under one label."""

    name: str = Field(
        description=both(
            "number 项目编号、budget 预算金额、ceiling 最高限价、deposit 保证金、"
            "deadline 投标截止时间、opening-place 开标地点、qualification 资格要求、contact 联系人",
            "number, budget, ceiling, deposit, deadline, opening-place, qualification or contact",
        )
    )
    label: str = Field(description=both("原文的标签", "as the text calls it"))
    value: str
    start: int = Field(description=both("所在行或单元格", "the line or cells that hold both"))
    end: int
    at: int = Field(description=both("值的位置", "where the value stands"))
    until: int


class DocumentTextOut(DocumentOut):
    """文件全文与目录 · A document with text and outline."""

    text: str
    card: list[CardEntryOut] = Field(
        description=both("采购信息卡，其他文件为空", "card of a purchase, empty for other texts")
    )
    outline: list[OutlineEntry]


class NeighbourOut(Out):
    """相邻的一节 · The section before or after."""

    section: str
    start: int
    end: int
    begins: str


class SectionOut(Out):
    """一节原文 · The exact text of a section and what stands around it."""

    document: str
    title: str
    section: str
    official: str = Field(description=both("公文引用格式", "reference as official writing has it"))
    text: str
    start: int
    end: int
    content_hash: str
    source: str
    url: str | None
    dated: str = Field(description=both("版本日期", "date of the version"))
    superseded: bool
    replaced_by: str = Field("", description=_REPLACED_BY)
    before: str = Field(description=both("前文", "text before it"))
    after: str = Field(description=both("后文", "text after it"))
    previous: NeighbourOut | None
    next: NeighbourOut | None
    cut: bool = Field(description=both("已截断，end 之后还有", "it goes on after end"))
