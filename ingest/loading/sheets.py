"""Read tables that an office exports as CSV."""

from __future__ import annotations

import csv
import io

from ingest.loading.encoding import decode
from ingest.loading.reading import Reading, table_block


def read_csv(data: bytes, where: str) -> Reading:
    """The rows as one table.

    :raises LoadError: as decoding a text does.
    """
    decoded = decode(data, where)
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(decoded.text[:4096], ",;\t")
    except csv.Error:
        dialect = csv.excel
    table = table_block([list(row) for row in csv.reader(io.StringIO(decoded.text), dialect)])
    return Reading((table,) if table else (), encoding=decoded.encoding)
