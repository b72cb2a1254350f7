"""Golden files: one JSON per event type and version, kept for ever, so that old logs stay readable.

`problems(codec, folder, samples)` is what a service's golden test asserts to be empty; with the environment variable
JINGUO_GOLDEN=write missing files of present versions are made from the samples first. Existing ones never change.
`published_problems(publish, folder, samples)` is the same for what the service tells the world of these samples.
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from libs.events.codec import Codec
from libs.events.meta import Meta
from libs.events.service import Publish
from libs.events.store import Recorded

_META = Meta(actor="t", role="cadre", unit="522634000000", correlation_id=UUID(int=1))
_AT = datetime(2017, 6, 1, tzinfo=UTC)


def problems(codec: Codec, folder: Path, samples: Mapping[str, object]) -> list[str]:
    """What is wrong, in words; `samples` holds one event per type name, personal values sealed."""
    if os.environ.get("JINGUO_GOLDEN") == "write":
        _write_missing(codec, folder, samples)
    found = [f"{name}: no sample" for name in codec.names if name not in samples]
    for name, version in codec.names.items():
        for old in range(1, version + 1):
            path = folder / f"{name}.v{old}.json"
            if path.exists():
                found += _unreadable(codec, name, old, path)
            else:
                found.append(f"{path.name}: missing")
    return found + [each for name in samples for each in _changed(codec, folder, name, samples[name])]


def published_problems(publish: Publish, folder: Path, samples: Mapping[str, object]) -> list[str]:
    """What is wrong, in words: each contract equals its file, of one type only the last of the samples counts."""
    told = {
        outgoing.body.type: {
            "key": str(outgoing.key),
            "valid": outgoing.valid,
            "data": json.loads(outgoing.body.model_dump_json()),
        }
        for name, event in samples.items()
        for outgoing in publish(Recorded(1, UUID(int=1), 1, UUID(int=2), name, event, _META, _AT))
    }
    if os.environ.get("JINGUO_GOLDEN") == "write":
        for kind, said in told.items():
            if not (folder / f"{kind}.json").exists():
                (folder / f"{kind}.json").write_text(_text(said), "utf-8")
    kept = {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.*.v*.json")}
    found = [f"{kind}.json: missing" for kind in told if kind not in kept]
    found += [f"{kind}.json: is told no more" for kind in kept if kind not in told]
    return found + [f"{kind}.json: is told otherwise now" for kind in told if kept.get(kind, told[kind]) != told[kind]]


def _unreadable(codec: Codec, name: str, version: int, path: Path) -> list[str]:
    try:
        codec.load(name, version, json.loads(path.read_text("utf-8")))
    except Exception as error:  # noqa: BLE001 - every way of not reading it is a finding
        return [f"{path.name}: no longer readable: {type(error).__name__}: {error}"]
    return []


def _changed(codec: Codec, folder: Path, name: str, sample: object) -> list[str]:
    encoded = codec.dump(sample)
    path = folder / f"{encoded.type}.v{encoded.version}.json"
    if encoded.type != name:
        return [f"{name}: the sample is a {encoded.type}"]
    if not path.exists() or json.loads(path.read_text("utf-8")) == json.loads(encoded.data):
        return []
    return [f"{path.name}: the event is written in another form now: raise its version and add an upcaster"]


def _write_missing(codec: Codec, folder: Path, samples: Mapping[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for sample in samples.values():
        encoded = codec.dump(sample)
        path = folder / f"{encoded.type}.v{encoded.version}.json"
        if not path.exists():
            path.write_text(_text(json.loads(encoded.data)), "utf-8")


def _text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
