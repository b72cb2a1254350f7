"""What every vault must do. Subclass it in a test module and give the fixture `vault`."""

import pytest
from uuid_utils.compat import uuid7

from libs.events.personal import Personal
from libs.events.vault import Vault
from libs.values.errors import Refused


class VaultSuite:
    """Keys made before use, values opened in order, the erased closed for ever."""

    async def test_values_open_in_the_order_asked(self, vault: Vault) -> None:
        people = [uuid7() for _ in range(3)]
        await vault.ensure(people)
        sealed = [(person, vault.seal(Personal(person, f"name {n}"))) for n, person in enumerate(people)]
        assert await vault.open_many(list(reversed(sealed))) == ["name 2", "name 1", "name 0"]
        assert await vault.open_many([]) == []

    async def test_a_key_is_made_once(self, vault: Vault) -> None:
        person = uuid7()
        await vault.ensure([person])
        before = vault.seal(Personal(person, "a"))
        await vault.ensure([person, person])
        assert await vault.open_many([(person, before), (person, vault.seal(Personal(person, "b")))]) == ["a", "b"]

    async def test_sealing_needs_a_key_at_hand(self, vault: Vault) -> None:
        with pytest.raises(LookupError, match="ensure"):
            vault.seal(Personal(uuid7(), "a"))

    async def test_an_erased_person_stays_erased(self, vault: Vault) -> None:
        person, other = uuid7(), uuid7()
        await vault.ensure([person, other])
        sealed = [(person, vault.seal(Personal(person, "a"))), (other, vault.seal(Personal(other, "b")))]
        await vault.erase(person)
        await vault.erase(person)
        assert await vault.open_many(sealed) == [None, "b"]
        with pytest.raises(Refused, match="erased"):
            await vault.ensure([person])

    async def test_a_person_may_be_erased_before_anything_is_known(self, vault: Vault) -> None:
        person = uuid7()
        await vault.erase(person)
        with pytest.raises(Refused, match="erased"):
            await vault.ensure([person])

    async def test_tokens_are_equal_for_equal_values_of_one_kind(self, vault: Vault) -> None:
        assert vault.token("id", "1") == vault.token("id", "1")
        assert vault.token("id", "1") != vault.token("name", "1")
        assert len(vault.token("id", "1")) == 32
