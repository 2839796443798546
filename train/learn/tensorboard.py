"""The log as TensorBoard reads it: `tensorboard --logdir runs` shows every run's curves beside each other.

Its own package weighs 55 MB with what it needs, and the format is a page: records, each framed by its length and
checksums, of four fields in Protocol Buffers' encoding.
"""

__all__ = ["EVENTS", "crc32c", "event", "first_event"]

import struct
from collections.abc import Mapping
from typing import Any

# TensorBoard takes what has "tfevents" in its name.
EVENTS = "events.out.tfevents.synth"
VERSION = b"brain.Event:2"

CASTAGNOLI = 0x82F63B78  # the polynomial, its bits reversed
# So that a checksum of data that holds checksums is worth something.
# Source: TFRecord's format, tensorflow/core/lib/hash/crc32c.h.
MASK = 0xA282EAD8
WORD = 0xFFFFFFFF

# Protocol Buffers' field number and kind in one byte.
WALL_TIME, STEP, FILE_VERSION, SUMMARY = 1 << 3 | 1, 2 << 3, 3 << 3 | 2, 5 << 3 | 2  # of Event
VALUE = 1 << 3 | 2  # of Summary
TAG, SIMPLE_VALUE = 1 << 3 | 2, 2 << 3 | 5  # of Summary.Value


def first_event() -> bytes:
    """What a file begins with."""
    return _framed(_double(WALL_TIME, 0.0) + _bytes(FILE_VERSION, VERSION))


def event(record: Mapping[str, Any]) -> bytes:
    """A line of `log.jsonl` as an event: each number that is worth a curve."""
    scalars = {f"loss/{name.removeprefix('loss_')}": value for name, value in record.get("losses", {}).items()}
    if "losses" in record:
        scalars["loss/total"] = sum(record["losses"].values())
    group = "training" if record["kind"] == "train" else record["kind"]
    for name in ("learning_rate", "images_per_s", "waiting_fraction", "ap", "ap50", "ap75"):
        if name in record:
            scalars[f"{group}/{name}"] = record[name]
    values = b"".join(
        _bytes(VALUE, _bytes(TAG, tag.encode()) + bytes([SIMPLE_VALUE]) + struct.pack("<f", value))
        for tag, value in scalars.items()
    )
    head = _double(WALL_TIME, record["time"]) + bytes([STEP]) + _varint(record["step"])
    return _framed(head + _bytes(SUMMARY, values))


def crc32c(data: bytes) -> int:
    """The checksum of RFC 3720, appendix B.4; not the one of zlib."""
    crc = WORD
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ WORD


def _table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ CASTAGNOLI * (crc & 1)
        table.append(crc)
    return table


TABLE = _table()


def _framed(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def _checksum(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + MASK) & WORD)


def _double(key: int, value: float) -> bytes:
    return bytes([key]) + struct.pack("<d", value)


def _bytes(key: int, value: bytes) -> bytes:
    return bytes([key]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the top bit says that more follow."""
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
