"""The Keycloak realm in deploy/ gives the claims that its issuers' file maps, and nothing weaker than we demand.

The files are read, no Keycloak is run: whether a given version imports the realm is to be seen where it runs.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from libs.access.oidc import ExternalIssuer, externals_of
from libs.access.policy import EXTERNAL_ROLES, ROLES, SCOPES

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "keycloak"
REALM: dict[str, Any] = json.loads((FOLDER / "realm.json").read_text(encoding="utf-8"))
SCOPED = {each["name"]: each for each in REALM["clientScopes"]}


def rules() -> ExternalIssuer:
    (given,) = json.loads((FOLDER / "issuers.json").read_text(encoding="utf-8"))
    return ExternalIssuer.model_validate(given)


def test_the_issuers_file_is_read_as_it_stands() -> None:
    (external,) = externals_of(FOLDER / "issuers.json", clock=lambda: datetime(2016, 7, 1, tzinfo=UTC))
    assert external.issuer.endswith("/realms/" + REALM["realm"])


def test_every_claim_of_the_mapping_is_made_by_a_mapper() -> None:
    mappers = SCOPED["jinguo-claims"]["protocolMappers"]
    made = {each["config"].get("claim.name") for each in mappers if each["config"]["access.token.claim"] == "true"}
    assert {rules().role_claim, rules().division_claim, rules().agreement_claim} <= made
    kinds = {each["protocolMapper"]: each["config"] for each in mappers}
    assert kinds["oidc-audience-mapper"]["included.custom.audience"] == rules().audience
    assert "oidc-full-name-mapper" in kinds  # it always writes `name`
    assert rules().name_claim == "name"
    assert "oidc-amr-mapper" in kinds  # it always writes `amr`, of the executions that name a reference
    assert rules().amr_values


def test_roles_of_the_realm_and_of_the_mapping_are_the_same_and_ours() -> None:
    named = {each["name"] for each in REALM["roles"]["realm"]}
    assert named == set(rules().roles)
    assert set(rules().roles.values()) == set(EXTERNAL_ROLES)


def test_every_client_is_given_its_claims_and_only_scopes_we_know() -> None:
    for client in REALM["clients"]:
        assert "jinguo-claims" in client["defaultClientScopes"]
        optional = set(client["optionalClientScopes"])
        assert optional <= set(SCOPED)
        assert optional <= set(SCOPES)
        assert all(SCOPED[name]["attributes"]["include.in.token.scope"] == "true" for name in optional)
        assert client["attributes"]["access.token.header.type.rfc9068"] == "true"
        assert client["attributes"]["access.token.signed.response.alg"] in rules().algorithms
        assert not client["implicitFlowEnabled"]
        assert not client["directAccessGrantsEnabled"]
        assert not client["fullScopeAllowed"]
        assert not {"secret"} & set(client), "secrets are made by Keycloak, not kept here"
    partner = next(each for each in REALM["clients"] if each["serviceAccountsEnabled"])
    assert set(partner["optionalClientScopes"]) <= ROLES["partner"]


def test_a_key_that_left_the_list_is_kept_as_long_as_tokens_live() -> None:
    assert rules().keep_gone_seconds >= REALM["accessTokenLifespan"]


def test_the_realm_is_as_strict_as_the_built_in_accounts() -> None:
    assert REALM["bruteForceProtected"] is True
    assert REALM["failureFactor"] == 5
    assert REALM["registrationAllowed"] is False
    assert REALM["otpPolicyCodeReusable"] is False
    assert any(each["alias"] == "CONFIGURE_TOTP" and each["defaultAction"] for each in REALM["requiredActions"])
    assert "length(10)" in REALM["passwordPolicy"]
