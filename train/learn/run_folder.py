"""The folder of a run: claimed before training, `log.jsonl` and `loss.png` while it goes on."""

__all__ = ["CURVE_FILES", "CURVE_POINT", "LOG", "MARK", "Log", "claim"]

import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from synth.errors import TrainingError
from train.checkpoint import BEST, LAST
from train.learn.learned_from import PHOTOS
from train.learn.progress import StepRecord, ValidationRecord
from train.learn.tensorboard import EVENTS, event, first_event
from train.own_folder import first_foreign
from train.report.evaluate import OWN_FILES as EVALUATION

LOG = "log.jsonl"
MARK = "run.json"
MADE_BY = "synth train"
# Other trainers call their checkpoints `best.pt` too: only a folder with our mark, and with nothing else in it than
# this, may be emptied when its owner says so.
FILES = (BEST, LAST, LOG, EVENTS, "loss.png", MARK, PHOTOS)
FOLDERS = ("eval", ".eval.partial", ".eval.old")
CURVE_POINT = "{kind}-{shots:04}-seed-{seed:02}"
POINT_PATTERN = "-[0-9][0-9][0-9][0-9]-seed-[0-9][0-9]"
CURVE_FILES = (
    *(f"curve.{kind}{part}" for kind in ("json", "png") for part in ("", ".part")),
    *(f"{kind}{POINT_PATTERN}" for kind in ("tuned", "alone")),
    *(f"{kind}{POINT_PATTERN}/{name}" for kind in ("tuned", "alone") for name in FILES),
    *(f"{kind}{POINT_PATTERN}/{name}.part" for kind in ("tuned", "alone") for name in FILES),
)
OWN_FILES = (
    "curve",
    *(f"curve/{name}" for name in CURVE_FILES),
    *FILES,
    *(f"{name}.part" for name in FILES),
    *FOLDERS,
    *(f"{folder}/{name}" for folder in FOLDERS for name in EVALUATION),
)


def claim(out: Path, *, resume: bool, overwrite: bool) -> None:
    """Make `out` a folder to train into.

    Raises:
        TrainingError: something is there already, and nobody said to go on with it or to replace it.
    """
    if out.exists() and not out.is_dir():
        raise TrainingError(f"{out}: is a file. Choose another --out.")
    is_run = _is_marked(out)
    # What is to be resumed has been read as a checkpoint of ours by now.
    if out.is_dir() and any(out.iterdir()) and not (resume and (is_run or (out / LAST).is_file())):
        if not is_run:
            raise TrainingError(f"{out}: the folder isn't empty, and it isn't a run. Choose another --out.")
        if not overwrite:
            raise TrainingError(
                f"{out}: there is a run already. Go on with it with --resume, replace it with --overwrite, "
                "or choose another --out."
            )
        if foreign := first_foreign(out, OWN_FILES):
            raise TrainingError(f"{out}: holds {foreign} beside a run. Move it away, or choose another --out.")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).write_bytes(_line({"made_by": MADE_BY}))


def _is_marked(out: Path) -> bool:
    try:
        mark: Any = orjson.loads((out / MARK).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(mark, dict) and mark.get("made_by") == MADE_BY


class Log:
    """`log.jsonl`: one record a line, those after the step that a run is resumed at forgotten. TensorBoard's file says
    the same.
    """

    def __init__(self, out: Path, first_step: int) -> None:
        self.path, self.events = out / LOG, out / EVENTS
        kept = [record for record in read_log(self.path) if record["step"] <= first_step]
        self.path.write_bytes(b"".join(map(_line, kept)))
        self.events.write_bytes(first_event() + b"".join(map(event, kept)))

    def append(self, record: StepRecord | ValidationRecord) -> None:
        kind = "train" if isinstance(record, StepRecord) else "validation"
        line = {"kind": kind, "time": time.time(), **asdict(record)}
        for path, content in ((self.path, _line(line)), (self.events, event(line))):
            with path.open("ab") as file:
                file.write(content)


def read_log(path: Path) -> list[dict[str, Any]]:
    """The records of a run; a line that a kill cut off ends them."""
    records: list[dict[str, Any]] = []
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        try:
            records.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            break
    return records


def _line(record: dict[str, Any]) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
