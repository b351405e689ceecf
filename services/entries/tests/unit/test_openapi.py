import pytest
from fluxo_entries.settings import ApiSettings

pytestmark = pytest.mark.anyio


@pytest.fixture
def document(app) -> dict:
    return app.openapi()


@pytest.fixture
def operations(document) -> dict[str, dict]:
    return {
        operation["operationId"]: operation
        for path, methods in document["paths"].items()
        if path.startswith("/v1/")
        for operation in methods.values()
    }


def test_every_use_case_is_an_operation(operations):
    assert set(operations) == {
        "recordEntry", "reverseEntry", "recordEntriesInBulk", "getEntry", "listEntries", "getMerchant",
        "changeMerchant", "createApiKey", "listApiKeys", "revokeApiKey", "getLatestSeal",
        "createImport", "getImport", "listImports", "listImportLines", "getFailedImportLines", "confirmImport",
        "removeImport", "reconcileStatement",
        "closeDay", "reopenDay", "listDayCloses", "getCashBook",
    }  # fmt: skip


def test_every_description_is_the_rule_of_its_use_case(operations):
    assert all(len(operation["description"]) > 50 for operation in operations.values())
    assert "Record what came in (credit)" in operations["recordEntry"]["description"]


def test_every_error_is_documented_as_a_problem(operations):
    for operation in operations.values():
        errors = {status: each for status, each in operation["responses"].items() if status >= "400"}
        assert {"401", "403", "422", "500", "503"} <= errors.keys()
        assert all(list(each["content"]) == ["application/problem+json"] for each in errors.values())


def test_every_operation_asks_for_a_bearer_token(operations, document):
    assert all(operation["security"] for operation in operations.values())
    assert {scheme["scheme"] for scheme in document["components"]["securitySchemes"].values()} == {"bearer"}


def test_the_header_with_the_key_is_required_where_it_is(operations):
    for name in ("recordEntry", "reverseEntry"):
        parameters = {each["name"]: each for each in operations[name]["parameters"]}
        assert parameters["Idempotency-Key"]["required"]


def test_it_says_where_the_service_is(document):
    port = ApiSettings.model_fields["port"].default
    assert [server["url"] for server in document["servers"]] == ["/", f"http://127.0.0.1:{port}"]


def test_every_object_has_one_name_for_clients_to_call_it_by(document):
    def objects(node):
        if isinstance(node, dict):
            yield from [node["title"]] if "properties" in node else []
            for child in node.values():
                yield from objects(child)
        elif isinstance(node, list):
            for child in node:
                yield from objects(child)

    named = document["components"]["schemas"]
    assert sorted(objects(document)) == sorted(name for name, schema in named.items() if "properties" in schema)


def test_no_reference_leads_nowhere(document):
    def references(node):
        if isinstance(node, dict):
            yield from [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            for child in node.values():
                yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known
