"""Which partition a key belongs to: Kafka's default partitioner, so that both transports order the same."""

from uuid import UUID

from libs.events.contract import PARTITIONS

_M = 0x5BD1E995
_SEED = 0x9747B28C
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """Austin Appleby's MurmurHash2 with Kafka's seed: 32 bits, unsigned."""
    length = len(data)
    value = (_SEED ^ length) & _MASK
    whole = length - length % 4
    for start in range(0, whole, 4):
        k = int.from_bytes(data[start : start + 4], "little") * _M & _MASK
        k = (k ^ (k >> 24)) * _M & _MASK
        value = (value * _M & _MASK) ^ k
    if length % 4:
        value = (value ^ int.from_bytes(data[whole:], "little")) * _M & _MASK
    value = (value ^ (value >> 13)) * _M & _MASK
    return value ^ (value >> 15)


def partition_of(key: UUID) -> int:
    """The partition of a key, whose bytes on the wire are its text."""
    return (murmur2(str(key).encode()) & 0x7FFFFFFF) % PARTITIONS
