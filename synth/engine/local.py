"""What was begun, what is left to do, and an engine to do it: by default, a process per core of this machine."""

__all__ = ["Engine", "LocalEngine", "render_dataset"]

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import orjson

from synth.config import make_stack
from synth.engine.claim import PLAN, claimed, read_kept
from synth.engine.destination import Destination, destination_of
from synth.engine.failures import Limits
from synth.engine.merge import merge_shards
from synth.engine.plan import Plan, Shard, differences
from synth.engine.pool import make_shards
from synth.engine.shards import SHAPES, FrameMaker, make_shard, recalled_folder
from synth.engine.template import ctrl_c_waits
from synth.errors import DISK_FULL, DatasetError, SynthError
from synth.meshes import MeshStore, Shape, write_shapes
from synth.recall import keep_in
from synth.rendering.gl import choose_platform
from synth.write.atomic import SHARDS, write_json

RENDERER = "renderer.json"
LIMITS = Limits()

# Another for each way in which begun sets can't be gone on with: 2 has the files' hashes, 3 cuts by alpha up close.
RECORDS_VERSION = 3

Decimations = dict[str, tuple[int, int]]
OnFrames = Callable[[int], None]
OnWarning = Callable[[str], None]


class Engine(Protocol):
    """What makes shards.

    Attributes:
        workers: How many it makes at once, as far as is known; 0 for this process alone.
    """

    @property
    def workers(self) -> int: ...

    def check(self) -> None:
        """See that it can, before anything is touched.

        Raises:
            SynthError: it can't.
        """

    def make(
        self,
        plan: Plan,
        shards: Sequence[Shard],
        *,
        limits: Limits,
        on_frames: OnFrames,
        on_renderer: OnWarning,
        on_warning: OnWarning,
    ) -> None:
        """Make shards; all of them are whole when it returns.

        Args:
            limits: What a worker may do.
            on_frames: Called with how many frames were made since the last call; below 0 where a shard begins anew.
            on_renderer: Called with what draws, each time a process has opened it.
            on_warning: Called with a line that the user should read.
        Raises:
            SynthError, OSError: what no other try would change, or more frames fail than could be theirs alone.
        """


@dataclass(frozen=True, slots=True)
class LocalEngine(Engine):
    """This machine.

    Attributes:
        workers: Processes, which are watched; 0 for this one, which nobody watches.
    """

    workers: int

    def check(self) -> None:
        choose_platform()

    def make(
        self,
        plan: Plan,
        shards: Sequence[Shard],
        *,
        limits: Limits,
        on_frames: OnFrames,
        on_renderer: OnWarning,
        on_warning: OnWarning,
    ) -> None:
        # llvmpipe's own threads would fight with the other workers for the cores: a process per core is faster.
        os.environ.setdefault("LP_NUM_THREADS", "0")
        if not self.workers:
            _make_here(plan, shards, on_frames, on_renderer)
            return
        make_shards(
            plan,
            shards,
            workers=self.workers,
            limits=limits,
            on_frames=on_frames,
            on_renderer=on_renderer,
            on_warning=on_warning,
        )


def render_dataset(
    plan: Plan,
    *,
    workers: int = 0,
    engine: Engine | None = None,
    resume: bool = False,
    overwrite: bool = False,
    limits: Limits = LIMITS,
    on_frames: OnFrames = lambda n: None,
    on_warning: OnWarning = lambda line: None,
) -> dict[str, Any]:
    """Make the plan's data set; returns its manifest.

    Args:
        plan: What to make.
        workers: Processes of this machine, which are watched; 0 for this one, which nobody watches.
        engine: What makes the shards, instead of this machine.
        resume: Go on with a data set that was begun, and try again what was left out of a finished one; one that has
            all its frames is left as it is.
        overwrite: Replace a data set that is there. In a folder it is set aside until the new one is whole; behind a
            URL, where nothing can be renamed, it is deleted first.
        limits: What workers may do.
        on_frames: Called with how many frames were finished since the last call, less than 0 where some are made anew.
        on_warning: Called with a line that the user should read.
    Raises:
        DatasetError: something is in the way, or what was begun isn't what is asked for now.
        RenderError: there is no OpenGL, or too many frames fail.
    """
    # Checked before anything is touched: a broken mesh, or no OpenGL, must not cost a data set that is there.
    engine = engine or LocalEngine(workers)
    engine.check()
    if plan.out.exists() and not plan.out.is_dir():
        raise DatasetError(f"{plan.out}: is a file, and the data set needs a folder. Choose another with --out.")
    identity = plan.identity()
    destination = destination_of(plan)
    destination.begin()
    # What was begun was looked through then, and anything else is refused below.
    goes_on = resume and not overwrite and (plan.out / SHARDS / PLAN).is_file()
    meshes = MeshStore(plan.catalog())
    # What is made of them meanwhile is the workers' when the folder is there.
    aside = TemporaryDirectory(prefix="synth-", ignore_cleanup_errors=True)
    with aside:
        shapes = {} if goes_on else _check_files(plan, meshes, Path(aside.name))
        with destination.replacing() if overwrite else nullcontext():
            finished = _finished_before(plan, destination, identity, resume=resume)
            if finished is not None:
                on_frames(plan.n_frames)
                return finished
            _refuse_foreign(plan, destination)
            new = not plan.out.exists()
            with claimed(plan.out), _nothing_lost(plan, destination, new=new):
                begun, decimations = _begun(plan, destination, identity, meshes, shapes, resume=resume)
                _take_in(begun, Path(aside.name))
                aside.cleanup()
                _make_missing(begun, engine, limits, on_frames, on_warning)
                _refuse_changes(plan, identity)
                return merge_shards(begun, identity, DrawnBy(begun, on_warning).first(), decimations)


def _refuse_foreign(plan: Plan, destination: Destination) -> None:
    if not (plan.out / SHARDS / PLAN).is_file() and (foreign := destination.names()):
        raise DatasetError(
            f"{plan.where}: the folder holds something else than a data set ({foreign[0]}). Choose another with --out."
        )


@contextmanager
def _nothing_lost(plan: Plan, destination: Destination, *, new: bool) -> Iterator[None]:
    """Where making it fails, what is done is kept; and of a folder that is new and has nothing done, nothing."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise DatasetError(
            f"{plan.out}: {error.strerror}. What is done is kept: make room, and go on with --resume."
        ) from None
    except SynthError:
        # It would be in the way of the next try.
        if new and not destination.done() and not any((plan.out / SHARDS).glob("*/records.jsonl")):
            destination.give_up()
        raise


def _make_missing(plan: Plan, engine: Engine, limits: Limits, on_frames: OnFrames, on_warning: OnWarning) -> None:
    done = destination_of(plan).done()
    missing = [shard for shard in plan.shards() if shard.name not in done]
    on_frames(plan.n_frames - sum(shard.stop - shard.start for shard in missing))
    if missing:
        drawn_by = DrawnBy(plan, on_warning)
        engine.make(plan, missing, limits=limits, on_frames=on_frames, on_renderer=drawn_by, on_warning=on_warning)


def _refuse_changes(plan: Plan, identity: dict[str, Any]) -> None:
    """Frames are promised to follow from what the manifest says, and some may follow from what it was before."""
    if changed := differences(identity, plan.identity()):
        raise DatasetError(
            f"{plan.where}: {', '.join(changed)} changed while frames were made, and some may be of the new. "
            "Put the old back and go on with --resume, or make the data set anew with --overwrite."
        )


def _finished_before(
    plan: Plan, destination: Destination, identity: dict[str, Any], *, resume: bool
) -> dict[str, Any] | None:
    """The manifest of the same data set, finished before; None if there is something to do."""
    path = plan.out / "manifest.json"
    if not path.is_file():
        return None
    before = read_kept(path)
    if not resume:
        raise DatasetError(
            f"{plan.where}: a data set is there already. Go on with --resume, or replace it with --overwrite."
        )
    _refuse_differences(plan, before, identity)
    if not before.keys() >= {"counts", "coverage"}:
        raise DatasetError(f"{plan.where}: was made by an earlier version. Make it anew with --overwrite.")
    if before.get("set_aside") and (plan.out / SHARDS / PLAN).is_file():
        return None
    destination.finish(for_good=True)
    return before


def _begun(
    plan: Plan,
    destination: Destination,
    identity: dict[str, Any],
    meshes: MeshStore,
    shapes: Mapping[str, Shape],
    *,
    resume: bool,
) -> tuple[Plan, Decimations]:
    """Begin, or pick up what was begun; returns the plan with the shards that the folder has, and its decimations."""
    path = plan.out / SHARDS / PLAN
    if path.is_file():
        if not resume:
            raise DatasetError(
                f"{plan.where}: a data set was begun. Go on with --resume, or replace it with --overwrite."
            )
        before = read_kept(path)
        _refuse_differences(plan, before, identity)
        if before.get("records") != RECORDS_VERSION:
            raise DatasetError(
                f"{plan.where}: was begun by an earlier version, and can't be gone on with. "
                "Make it anew with --overwrite, or choose --out."
            )
        begun = replace(plan, shard_frames=before["shard_frames"])  # shards of two sizes can't be mixed
        destination.try_again()
        return begun, before["decimated"]
    kept = {"records": RECORDS_VERSION, "shard_frames": plan.shard_frames, "decimated": meshes.decimations}
    write_json(path, identity | kept)
    destination.keep(f"{SHARDS}/{PLAN}")
    write_shapes(plan.out / SHARDS / SHAPES, shapes)
    return plan, meshes.decimations


def _refuse_differences(plan: Plan, before: dict[str, Any], identity: dict[str, Any]) -> None:
    if differing := differences(before, identity):
        raise DatasetError(
            f"{plan.where}: was made with other {', '.join(differing)}. Make it anew with --overwrite, or choose --out."
        )


def _take_in(plan: Plan, aside: Path) -> None:
    """Give the workers what was recalled before there was a folder for it."""
    if folder := recalled_folder(plan):
        # Nothing but time depends on it.
        with suppress(OSError):
            folder.mkdir(exist_ok=True)
            for path in aside.iterdir():
                shutil.move(path, folder / path.name)


def _check_files(plan: Plan, meshes: MeshStore, aside: Path) -> dict[str, Shape]:
    """Read every mesh and picture once: a broken one is told before the first frame and not after an hour.

    Args:
        aside: A folder for what is made of the meshes.
    Returns:
        The meshes' shapes.
    """
    # Within its imports trimesh takes Ctrl-C for a package that isn't installed, and goes on.
    with ctrl_c_waits():
        import_module("synth.meshes.loading")
    keep_in(aside)
    try:
        shapes = {asset.asset_id: meshes[asset.asset_id] for asset in meshes.catalog.assets}
    finally:
        keep_in(None)
    for part in make_stack(plan.settings).values():
        if check := getattr(part, "check_files", None):
            check()
    return shapes


def _make_here(plan: Plan, shards: Sequence[Shard], on_frames: OnFrames, on_renderer: OnWarning) -> None:
    with FrameMaker(plan) as maker:
        on_renderer(maker.renderer_description)
        for shard in shards:
            make_shard(maker, shard, on_frame=lambda index: on_frames(1))


@dataclass(slots=True)
class DrawnBy:
    """What draws a data set, kept beside the shards: pictures of two drivers are not equal to the bit."""

    plan: Plan
    on_warning: Callable[[str], None]
    seen: str = ""

    @property
    def path(self) -> Path:
        return self.plan.out / SHARDS / RENDERER

    def first(self) -> str:
        """What drew the first shard, perhaps in an earlier run."""
        return str(orjson.loads(self.path.read_bytes())) if self.path.is_file() else ""

    def __call__(self, renderer: str) -> None:
        first = self.first()
        if not first:
            write_json(self.path, renderer)
            destination_of(self.plan).keep(f"{SHARDS}/{RENDERER}")
        elif renderer not in (first, self.seen):
            self.on_warning(
                f"{self.plan.where}: was begun with {first}, and goes on with {renderer}. The labels stay exact, but "
                "the bytes will not be those of a run on one machine alone."
            )
        self.seen = renderer
