"""TensorBoard's file, read back by a small reader that knows the format from its description alone."""

import struct

import pytest

from train.learn.progress import StepRecord, ValidationRecord
from train.learn.run_folder import Log
from train.learn.tensorboard import EVENTS, crc32c

STEP = StepRecord(300, 900, {"loss_classifier": 0.5, "loss_box_reg": 0.25}, 0.02, 6.25, 0.01, 125.0)
CHECK = ValidationRecord(300, 0.5, 0.75, 0.25, True, False, 1.5)


def records(content):
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        yield content[12 : 12 + length]
        content = content[16 + length :]


def fields(message):
    """Field number and value of each field of a Protocol Buffers message."""
    while message:
        key, message = varint(message)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, message = varint(message)
        elif kind == 2:
            length, message = varint(message)
            value, message = message[:length], message[length:]
        else:
            size, form = {1: (8, "<d"), 5: (4, "<f")}[kind]
            (value,), message = struct.unpack(form, message[:size]), message[size:]
        yield number, value


def varint(message):
    value = 0
    for place, byte in enumerate(message):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, message[place + 1 :]
    raise AssertionError("cut off")


def scalars(out):
    """(step, tag, value) of each, in their order."""
    found = []
    _, *events = map(dict, map(fields, records((out / EVENTS).read_bytes())))
    for event in events:
        for _, value in fields(event[5]):
            parts = dict(fields(value))
            found.append((event[2], parts[1].decode(), parts[2]))
    return found


@pytest.mark.parametrize(
    ("data", "checksum"),
    [(b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (bytes([255] * 32), 0x62A8AB43), (b"", 0)],
)
def test_the_checksum_is_that_of_rfc_3720(data, checksum):
    assert crc32c(data) == checksum


def test_each_loss_rate_and_score_is_a_curve(tmp_path):
    log = Log(tmp_path, 0)
    log.append(STEP)
    log.append(CHECK)
    assert scalars(tmp_path) == [
        (300, "loss/classifier", 0.5),
        (300, "loss/box_reg", 0.25),
        (300, "loss/total", 0.75),
        (300, "training/learning_rate", pytest.approx(0.02)),
        (300, "training/images_per_s", 6.25),
        (300, "training/waiting_fraction", pytest.approx(0.01)),
        (300, "validation/ap", 0.5),
        (300, "validation/ap50", 0.75),
        (300, "validation/ap75", 0.25),
    ]


def test_a_resumed_run_has_no_events_of_what_it_does_again(tmp_path):
    log = Log(tmp_path, 0)
    for step in (100, 200, 300):
        log.append(StepRecord(step, 900, {"loss": float(step)}, 0.02, 6.25, 0.01, 125.0))
    before = (tmp_path / EVENTS).read_bytes()
    with (tmp_path / EVENTS).open("ab") as file:
        file.write(b"cut off")
    Log(tmp_path, 200)
    assert {step for step, _, _ in scalars(tmp_path)} == {100, 200}
    assert before.startswith((tmp_path / EVENTS).read_bytes())


def test_tensorboard_itself_reads_it_where_it_is_installed(tmp_path):
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    log = Log(tmp_path, 0)
    log.append(STEP)
    head, event = loader.EventFileLoader(str(tmp_path / EVENTS)).Load()
    assert head.file_version == "brain.Event:2"
    assert event.step == 300
    assert event.summary.value[0].tag == "loss/classifier"
