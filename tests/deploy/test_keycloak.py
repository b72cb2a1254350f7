"""The Keycloak realm in deploy/ gives the claims that its issuers' file maps, and nothing weaker than we demand.

The files are read; `make test-keycloak` runs a real Keycloak with them.
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
    assert "oidc-sub-mapper" in kinds  # a realm with scopes of its own has no other that writes `sub`
    assert "oidc-amr-mapper" in kinds  # it always writes `amr`, of the executions that name a reference


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


def test_units_are_kept_and_only_an_administrator_gives_them() -> None:
    (provider,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    profile = json.loads(provider["config"]["kc.user.profile.config"][0])
    edits = {each["name"]: each["permissions"]["edit"] for each in profile["attributes"]}
    assert edits[rules().division_claim] == edits[rules().agreement_claim] == ["admin"]
    assert "unmanagedAttributePolicy" not in profile, "or a person writes what the administrator did not"


def test_everybody_is_asked_for_digits_and_the_token_says_so() -> None:
    flows = {each["alias"]: each for each in REALM["authenticationFlows"]}
    steps = flows[REALM["browserFlow"]]["authenticationExecutions"]
    (forms,) = [each["flowAlias"] for each in steps if each["authenticatorFlow"]]
    asked = {each["authenticator"]: each for each in flows[forms]["authenticationExecutions"]}
    assert {each["requirement"] for each in asked.values()} == {"REQUIRED"}
    (config,) = [
        each for each in REALM["authenticatorConfig"] if each["alias"] == asked["auth-otp-form"]["authenticatorConfig"]
    ]
    assert config["config"]["default.reference.value"] in rules().amr_values
