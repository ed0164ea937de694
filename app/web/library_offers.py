"""What official sites list and the library lacks, offered to editors."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import anyio.to_thread
from fastapi import Depends, FastAPI
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.accounts.doors import require
from app.accounts.visitors import Visitor
from app.outward import outward
from app.web.page import fresh_json
from ingest.settings import Settings
from ingest.sources.watch import dismiss, watch

Editor = Annotated[Visitor, Depends(require("editor"))]


class DismissIn(BaseModel):
    """Addresses that are not to be offered again."""

    urls: list[Annotated[str, Field(max_length=2000)]] = Field(max_length=500)


def add_offers(app: FastAPI, settings: Settings) -> None:
    """Add the routes."""
    one_at_a_time = anyio.Semaphore(1)  # a site is asked once a second, however many look

    @app.get("/ui/library/offers", include_in_schema=False)
    async def offers(editor: Editor) -> Response:
        """Reads the list pages; writes nothing."""
        async with one_at_a_time:
            found = await anyio.to_thread.run_sync(watch, settings)
        told = [outward(error) for error in found.failed]
        return fresh_json(
            {
                "offers": [asdict(offer) for offer in found.offers],
                "failed": [{"zh": e.line("zh"), "en": e.line("en")} for e in told],
            }
        )

    @app.post("/ui/library/offers/dismiss", include_in_schema=False)
    def dismissed(given: DismissIn, editor: Editor) -> Response:
        dismiss(settings, given.urls)
        return fresh_json({})
