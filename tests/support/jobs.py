"""What came of a job with the answers to all rows of its file, which a client reads page by page."""

from typing import Any

import httpx

MOST = 500


async def result_of(client: httpx.AsyncClient, job: dict[str, Any]) -> dict[str, Any]:
    """The result of a job that succeeded, its rows in it as `rows`."""
    assert job["status"] == "succeeded", job["error"]
    rows: list[dict[str, Any]] = []
    url: str | None = f"{job['rows_url']}?limit={MOST}"
    while url:
        page = (await client.get(url)).raise_for_status().json()
        rows += page["items"]
        url = page["next"]
    return {**job["result"], "rows": rows}
