"""Golden files: one JSON per event type and version, kept for ever, so that old logs stay readable.

`problems(codec, folder, samples)` is what a service's golden test asserts to be empty; with the environment variable
JINGUO_GOLDEN=write missing files of present versions are made from the samples first. Existing ones never change.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from libs.events.codec import Codec


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
