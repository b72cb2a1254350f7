"""An office's own headers for ours, as the query of an import names them."""

import json
from collections.abc import Mapping

from libs.values.errors import Invalid


def mapping_of(text: str | None) -> Mapping[str, str] | None:
    """The JSON object {"their header": "ours"}. Raises Invalid `registry.bad_mapping`."""
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Invalid(
            "registry.bad_mapping", "mapping 应为 JSON 对象。", field="mapping", right='{"身份证号":"证件号码"}'
        )
    return found
