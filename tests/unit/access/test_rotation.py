"""The built-in issuer's key is changed while everything runs: new tokens by the new key, old ones until they end."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from libs.access.keys import OWN_REFRESH, FollowedKeys, keys_of_file
from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import COMMAND_LINE_LIFE, Issuer, Verifier
from libs.service.clock import system_ids
from libs.values.division import Division
from libs.values.errors import Refused, Unauthenticated

CADRE = Principal("0190", "", "cadre", Division("522634000000"), scopes_of("cadre"))


class Hands:
    """A clock the test turns."""

    now = datetime(2016, 7, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def issuer(tmp_path: Path, clock: Hands) -> Issuer:
    return Issuer.from_file(tmp_path / "signing.json", clock=clock, ids=system_ids)


def test_the_old_key_stays_public_until_its_last_token_has_ended(issuer: Issuer, clock: Hands) -> None:
    verifier, old = issuer.verifier(), issuer.user_token(CADRE, COMMAND_LINE_LIFE)
    kid = issuer.rotate()
    assert issuer.jwks()["keys"][0]["kid"] == kid
    assert len(issuer.jwks()["keys"]) == 2
    assert verifier.verify(old) == verifier.verify(issuer.user_token(CADRE)) == CADRE
    clock.now += COMMAND_LINE_LIFE
    assert [key["kid"] for key in issuer.jwks()["keys"]] == [kid]
    assert issuer.rotate() != kid
    assert len(issuer.jwks()["keys"]) == 2, "the first is gone from the file too"


def test_a_stolen_key_ends_at_once(issuer: Issuer) -> None:
    verifier, old = issuer.verifier(), issuer.user_token(CADRE)
    issuer.rotate(timedelta(0))
    with pytest.raises(Unauthenticated):
        verifier.verify(old)
    assert verifier.verify(issuer.user_token(CADRE)) == CADRE


def test_another_process_with_the_same_file_signs_with_the_new_key(
    issuer: Issuer, tmp_path: Path, clock: Hands
) -> None:
    other = Issuer.from_file(tmp_path / "signing.json", clock=clock, ids=system_ids)
    kid = issuer.rotate()
    assert (other.kid, other.jwks()) == (kid, issuer.jwks())
    assert stat.S_IMODE((tmp_path / "signing.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["signing.json"]


def test_a_file_of_one_bare_key_is_read_and_rotated(tmp_path: Path, clock: Hands) -> None:
    path, key = tmp_path / "signing.json", OKPKey.generate_key("Ed25519", private=True)
    path.write_text(json.dumps(key.as_dict(private=True)))
    path.chmod(0o600)
    issuer = Issuer.from_file(path, clock=clock, ids=system_ids)
    assert issuer.kid == key.thumbprint()
    issuer.rotate()
    assert [each["kid"] for each in issuer.jwks()["keys"]] == [issuer.kid, key.thumbprint()]


async def test_a_process_that_reads_public_keys_from_a_file_follows_without_restart(
    issuer: Issuer, tmp_path: Path, clock: Hands
) -> None:
    file = tmp_path / "public.json"
    file.write_text(json.dumps(issuer.jwks()))
    verifier = Verifier(FollowedKeys(keys_of_file(file), clock=clock, name="jinguo"), clock=clock)
    first = issuer.user_token(CADRE)
    await verifier.follow(first)
    assert verifier.verify(first) == CADRE
    issuer.rotate()
    file.write_text(json.dumps(issuer.jwks()))
    clock.now += timedelta(seconds=30)
    second = issuer.user_token(CADRE)
    await verifier.follow(second)
    assert verifier.verify(second) == verifier.verify(first) == CADRE
    file.unlink()
    clock.now += timedelta(hours=2)
    later = issuer.user_token(CADRE)
    await verifier.follow(later)
    assert verifier.verify(later) == CADRE, "the file is away, its keys are known"


def test_a_key_that_was_given_is_not_rotated(clock: Hands) -> None:
    fixed = Issuer(OKPKey.generate_key("Ed25519", private=True), clock=clock, ids=system_ids)
    with pytest.raises(Refused) as caught:
        fixed.rotate()
    assert caught.value.code == "access.keys_read_only"


def test_a_theft_ends_the_keys_of_every_rotation_before(issuer: Issuer) -> None:
    verifier, first = issuer.verifier(), issuer.user_token(CADRE, COMMAND_LINE_LIFE)
    issuer.rotate()
    second = issuer.user_token(CADRE)
    assert verifier.verify(first) == verifier.verify(second) == CADRE
    kid = issuer.rotate(timedelta(0))
    for stolen in (first, second):
        with pytest.raises(Unauthenticated):
            verifier.verify(stolen)
    assert [key["kid"] for key in issuer.jwks()["keys"]] == [kid]


async def test_another_service_drops_a_stolen_key_within_half_a_minute(
    issuer: Issuer, tmp_path: Path, clock: Hands
) -> None:
    file = tmp_path / "public.json"
    file.write_text(json.dumps(issuer.jwks()))
    verifier = Verifier(FollowedKeys.own(keys_of_file(file), clock=clock, name="jinguo"), clock=clock)
    stolen, kept = issuer.user_token(CADRE), file.read_text()
    await verifier.follow(stolen)
    assert verifier.verify(stolen) == CADRE
    issuer.rotate(timedelta(0))
    file.write_text(json.dumps(issuer.jwks()))
    clock.now += OWN_REFRESH
    await verifier.follow(stolen)
    with pytest.raises(Unauthenticated):
        verifier.verify(stolen)
    fresh = issuer.user_token(CADRE)
    await verifier.follow(fresh)
    assert verifier.verify(fresh) == CADRE
    assert kept != file.read_text()
    file.unlink()
    clock.now += OWN_REFRESH
    await verifier.follow(fresh)
    assert verifier.verify(fresh) == CADRE, "while the issuer is away what is known stays known"
