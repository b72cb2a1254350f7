"""The document is built when first asked for and says scopes and problems."""

import httpx
from fastapi import FastAPI


async def test_the_document_is_not_built_before_it_is_asked_for(app: FastAPI, client: httpx.AsyncClient) -> None:
    await client.get("/v1/open")
    assert app.openapi_schema is None
    assert (await client.get("/openapi.json")).status_code == 200
    assert app.openapi_schema is not None


async def test_operations_name_their_scope_and_answer_problems(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    create = document["paths"]["/v1/items"]["post"]
    assert create["operationId"] == "sample_create"
    assert create["x-scope"] == ["registry:write"]
    assert create["security"] == [{"bearer": ["registry:write"]}]
    refused = document["components"]["responses"][create["responses"]["422"]["$ref"].rpartition("/")[2]]
    assert list(refused["content"]) == ["application/problem+json"]
    assert document["paths"]["/v1/open"]["get"]["security"] == []
    assert "HTTPValidationError" not in str(document)


async def test_the_page_of_the_document_is_off(client: httpx.AsyncClient) -> None:
    assert (await client.get("/docs")).status_code == 404


async def test_operation_ids_are_unique(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))
