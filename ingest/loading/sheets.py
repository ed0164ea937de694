"""Read tables: Excel and WPS sheets, and CSV.

A sheet becomes its title lines, its tables with the heads they have, and its closing notes. What
``.xlsx`` shows of a number (50%, 2024-05-01) is read with openpyxl; older formats, of which only
the values are to be had, with calamine.
"""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ingest.document import Block
from ingest.errors import LoadError
from ingest.loading.encoding import decode
from ingest.loading.reading import LONGEST_REPEATED, LoadLimits, Reading, table_block
from ingest.loading.zip_package import XLSX, check_package, damaged

Merged = tuple[int, int, int, int]
"""First row and column, last row and column, from 0."""

_MOST_CELLS = 2_000_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its rows of text as they are shown, and what is hidden in it."""

    name: str
    rows: list[list[str]]
    hidden: str = ""


def read_csv(data: bytes, where: str) -> Reading:
    """The rows as tables with their titles and notes.

    :raises LoadError: as decoding a text does.
    """
    decoded = decode(data, where)
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(decoded.text[:4096], ",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = [
        [" ".join(cell.split()) for cell in row]
        for row in csv.reader(io.StringIO(decoded.text), dialect)
    ]
    return Reading(tuple(_blocks(rows)), encoding=decoded.encoding)


def read_xlsx(data: bytes, where: str, limits: LoadLimits) -> Reading:
    """The sheets of an Excel file in their order.

    :raises LoadError: ``not-xlsx``, ``damaged-xlsx``, ``encrypted-xlsx``, ``unsafe-xml``,
        ``too-large-expanded`` or ``too-many-cells``.
    """
    import openpyxl

    check_package(data, where, limits, XLSX)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        found = [_sheet_of(sheet, where) for sheet in book.worksheets]
    except LoadError:
        raise
    except Exception as error:  # openpyxl raises whatever the damage leads to
        raise damaged(where, XLSX) from error
    return _reading(found)


def read_xls(data: bytes, where: str, limits: LoadLimits) -> Reading:
    """The sheets of an old Excel, a WPS or an OpenDocument file in their order.

    :raises LoadError: ``damaged-sheets``, ``too-large-expanded`` or ``too-many-cells``.
    """
    import python_calamine

    if zipfile.is_zipfile(io.BytesIO(data)) and b"mimetypeapplication/vnd.oasis" not in data[:128]:
        return read_xlsx(data, where, limits)  # WPS gives new files the ending of its old ones
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        found = []
        for about in book.sheets_metadata:
            sheet = book.get_sheet_by_name(about.name)
            _check_cells(sheet.total_height, sheet.total_width, where)
            rows = [[_shown(value) for value in row] for row in sheet.to_python(False)]
            _spread(rows, [(*first, *last) for first, last in sheet.merged_cell_ranges or ()])
            seen = about.visible == python_calamine.SheetVisibleEnum.Visible
            found.append(Sheet(about.name, rows if seen else [], "" if seen else _plain(rows)))
    except LoadError:
        raise
    except python_calamine.PasswordError as error:
        raise _locked(where) from error
    except Exception as error:  # calamine raises whatever the damage leads to
        raise _damaged_sheets(where) from error
    return _reading(found)


def _sheet_of(sheet: Any, where: str) -> Sheet:
    _check_cells(sheet.max_row, sheet.max_column, where)
    rows = [[_as_formatted(cell) for cell in row] for row in sheet.iter_rows()]
    _spread(
        rows,
        [(r.min_row - 1, r.min_col - 1, r.max_row - 1, r.max_col - 1)
         for r in sheet.merged_cells.ranges],
    )  # fmt: skip
    if sheet.sheet_state != "visible":
        return Sheet(sheet.title, [], _plain(rows))
    no_rows = {n - 1 for n, about in sheet.row_dimensions.items() if about.hidden}
    no_columns = set(_hidden_columns(sheet))
    hidden: list[list[str]] = []
    shown: list[list[str]] = []
    for number, row in enumerate(rows):
        if number in no_rows:
            hidden.append(row)
            continue
        shown.append([text for column, text in enumerate(row) if column not in no_columns])
        hidden.append([text for column, text in enumerate(row) if column in no_columns])
    return Sheet(sheet.title, shown, _plain(hidden))


def _hidden_columns(sheet: Any) -> Iterator[int]:
    from openpyxl.utils import column_index_from_string

    for letters, about in sheet.column_dimensions.items():
        if about.hidden:
            first = about.min or column_index_from_string(letters)
            yield from range(first - 1, about.max or first)


def _as_formatted(cell: Any) -> str:
    """What the sheet shows of a cell, as far as it changes what is said."""
    value, format = cell.value, cell.number_format or ""
    if isinstance(value, bool) or not isinstance(value, int | float) or "%" not in format:
        return _shown(value)
    digits = format.split("%")[0].rpartition(".")[2] if "." in format else ""
    return f"{Decimal(str(value)) * 100:.{digits.count('0')}f}%"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        number = f"{Decimal(f'{value:.15g}'):f}"
        return number.rstrip("0").rstrip(".") if "." in number else number
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "minutes").removesuffix(" 00:00")
    if isinstance(value, datetime.time):
        return value.isoformat("minutes")
    return str(value).strip()


def _spread(rows: list[list[str]], merged: Sequence[Merged]) -> None:
    """Let a short value hold for every row it spans."""
    for top, left, bottom, _ in merged:
        value = rows[top][left] if top < len(rows) and left < len(rows[top]) else ""
        if not value or len(value) > LONGEST_REPEATED:
            continue
        for row in rows[top + 1 : bottom + 1]:
            if left < len(row):
                row[left] = value


def _plain(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(" ".join(filter(None, row)) for row in rows if any(row))


def _reading(sheets: Sequence[Sheet]) -> Reading:
    filled = [sheet for sheet in sheets if any(any(row) for row in sheet.rows)]
    blocks: list[Block] = []
    for sheet in filled:
        if len(filled) > 1:
            blocks.append(Block(sheet.name, "heading", 1))
        blocks += _blocks(sheet.rows)
    return Reading(tuple(blocks), hidden=tuple(s.hidden for s in sheets if s.hidden))


def _blocks(rows: Sequence[Sequence[str]]) -> Iterator[Block]:
    """Tables, parted by empty rows; lines of one cell above and below them are text."""
    used = [
        n for n in range(max(map(len, rows), default=0)) if any(n < len(r) and r[n] for r in rows)
    ]
    group: list[list[str]] = []
    for row in (*rows, ()):
        cells = [row[n] if n < len(row) else "" for n in used]
        if any(cells):
            group.append(cells)
        elif group:
            yield from _table(group)
            group = []


def _table(rows: list[list[str]]) -> Iterator[Block]:
    wide = [n for n, row in enumerate(rows) if sum(map(bool, row)) > 1]
    first, last = (wide[0], wide[-1]) if wide else (len(rows), len(rows))
    for row in rows[:first]:
        yield Block("".join(row))
    table = table_block(rows[first : last + 1])
    if table:
        yield table
    for row in rows[last + 1 :]:
        yield Block("".join(row))


def _check_cells(rows: int, columns: int, where: str) -> None:
    if rows * columns > _MOST_CELLS:
        raise LoadError(
            "too-many-cells",
            where,
            f"a sheet has {rows} rows and {columns} columns",
            "Delete the empty ones below and beside the table, or split it",
            (f"工作表有 {rows} 行 {columns} 列", "请删除表格以外的空行空列，或拆分工作表"),
        )


def _locked(where: str) -> LoadError:
    return LoadError(
        "encrypted-sheets",
        where,
        "the file is protected by a password",
        "Remove the password and try again",
        ("文件有密码保护", "请去掉密码后重试"),
    )


def _damaged_sheets(where: str) -> LoadError:
    return LoadError(
        "damaged-sheets",
        where,
        "it is damaged, or no table of the format that its ending says",
        "Open it in Excel or WPS and save it as XLSX",
        ("文件已损坏，或与扩展名不符", "请用 Excel 或 WPS 打开，另存为 XLSX"),
    )
