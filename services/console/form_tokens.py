"""A form's token looks different on every page, so that a compressed page does not betray it bit by bit (BREACH)."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode


def mask(token: str) -> str:
    """The token under a pad of its own: base64 of pad and padded token."""
    plain = token.encode()
    pad = secrets.token_bytes(len(plain))
    return urlsafe_b64encode(pad + _xor(plain, pad)).decode()


def unmask(shown: str) -> str:
    """The token again; an empty text for what never was one."""
    try:
        both = urlsafe_b64decode(shown.encode())
        half = len(both) // 2
        return _xor(both[half:], both[:half]).decode() if len(both) % 2 == 0 else ""
    except ValueError:
        return ""


def _xor(text: bytes, pad: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(text, pad, strict=True))
