"""A meta that is parsed when it is first looked at is the same meta."""

import orjson
import pytest
from uuid_utils.compat import uuid7

from libs.events.meta import Meta, meta_from_text, meta_later, meta_to_json

METAS = (
    Meta("registrar", "cadre", "522634000000", uuid7()),
    Meta("registrar", "cadre", "522634000000", uuid7(), uuid7(), uuid7(), "00-1-2-01", "2016-05-03/2016-05-07"),
)


@pytest.mark.parametrize("meta", METAS)
def test_a_meta_parsed_later_is_equal_in_every_field(meta: Meta) -> None:
    text = orjson.dumps(meta_to_json(meta)).decode()
    assert meta_from_text(text) == meta
    assert [getattr(meta_later(text), name) for name in Meta.__slots__] == [
        getattr(meta, name) for name in Meta.__slots__
    ]
    assert meta_later(text) == meta
    assert meta == meta_later(text)
    assert hash(meta_later(text)) == hash(meta)
    assert meta_to_json(meta_later(text)) == meta_to_json(meta)
    assert meta_later(text) != METAS[0 if meta is METAS[1] else 1]


def test_what_is_no_field_of_it_is_not_there() -> None:
    with pytest.raises(AttributeError):
        meta_later("{}").name  # noqa: B018  # type: ignore[attr-defined]
