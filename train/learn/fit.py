"""From data sets and settings to a run on disk: everything that is decided before the first iteration."""

__all__ = ["RunSummary", "fit", "make_material", "make_stream", "new_detector", "resolve", "with_real_share"]

import html
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from synth.dataset import PictureSet
from synth.errors import TrainingError
from synth.formats.streamed import StreamedSet
from synth.policy import LabelPolicy
from train.checkpoint import LAST, Run, rebuild
from train.data.kept import Kept
from train.data.sampling import Order
from train.data.sets import Material, fingerprint, gather
from train.data.stream import Stream
from train.data.streamed import Streamed
from train.detectors import build_detector
from train.learn.distributed import joined
from train.learn.fine_tune import fine_tuned
from train.learn.learned_from import learned_photos, note_photos
from train.learn.loop import Loop
from train.learn.progress import Plan, Reporter, Silent
from train.learn.resuming import checkpoint_to_resume, last_validation, refuse_other_data, taken_up
from train.learn.run_folder import claim
from train.settings import ResolvedSettings, TrainSettings, choose_device

# Of a mix, where nobody says a share: a few photos among thousands of renders would hardly ever be seen.
REAL_SHARE_MIN = 0.25


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How it went. The figures are -1 where nothing could be validated."""

    out: Path
    detector: str
    iterations: int
    n_train: int
    n_validation: int
    best_ap: float
    ap: float
    ap50: float
    seconds: float

    def _repr_html_(self) -> str:
        """A line and the losses' curves for Jupyter."""
        plot = self.out / "loss.png"
        content = b64encode(plot.read_bytes()).decode() if plot.is_file() else ""
        told = f"{self.detector}, {self.iterations} iterations on {self.n_train} pictures in {self.seconds:.0f} s"
        return (
            f"<p>{html.escape(str(self.out))}: {told}"
            + (f", validation AP {self.ap:.3f}, AP50 {self.ap50:.3f}" if self.ap >= 0 else "")
            + "</p>"
            + (f'<img alt="losses and validation AP" src="data:image/png;base64,{content}">' if content else "")
        )


def fit(
    settings: TrainSettings,
    rendered: Sequence[PictureSet | StreamedSet],
    out: Path,
    *,
    photos: Sequence[PictureSet] = (),
    validation: PictureSet | None = None,
    start: Run | None = None,
    policy: LabelPolicy | None = None,
    resume: bool = False,
    overwrite: bool = False,
    reporter: Reporter | None = None,
) -> RunSummary:
    """Train a detector and keep it in `out`.

    Args:
        rendered, photos: One or more sets in all, with the same category names. `train.data.held_out` says which of
            their pictures are held out.
        validation: Pictures to validate on; then none of the others are held out.
        start: A run to go on from: its weights, detector and categories; the sets may lack some of these.
        policy: The label policy that the labels were made under; it is kept for whoever evaluates the run.
        resume: Go on where `out` stands, or begin where nothing is.
        overwrite: Replace a run that is in `out`.
    Raises:
        TrainingError: it can't start (device, data, weights, folder), or the loss isn't finite any more.
        CheckpointError: it can't be resumed.
        DatasetError: a picture can't be read.
    """
    begun = time.perf_counter()
    device = choose_device(settings.device)
    _refuse_own_start(out, start)
    last = checkpoint_to_resume(out, settings) if resume else None
    # A run's own seed and shots decide what it goes on learning from, whether they are said again or not.
    material = make_material(rendered, photos, validation, start, last.settings if last else settings)
    data = fingerprint(material) + (f", from {start.path.parent.name} after {start.step}" if start else "")
    if last:
        refuse_other_data(last, out, data)
        resolved = taken_up(last, settings)
    else:
        shared = with_real_share(settings, material)
        resolved = resolve(
            shared, start, material.n_train, len(material.categories), device, n_photos=len(material.real_ids)
        )
    stream = make_stream(material, resolved)
    # Whoever calls this keeps the random numbers they would have drawn.
    with joined(device) as ranks, torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        model = rebuild(last, out / LAST) if last else new_detector(resolved, len(material.categories), start)
        if ranks.is_first:
            claim(out, resume=resume, overwrite=overwrite)
            _note_photos(out, material, start)
        loop = Loop(
            settings=resolved,
            model=model.to(device),
            stream=stream,
            held_out=PictureSet(material.name, material.categories, material.held_out),
            policy=policy or LabelPolicy(),
            data=data,
            out=out,
            reporter=reporter if reporter and ranks.is_first else Silent(),
            ranks=ranks,
        )
        if last:
            loop.restore(last)
            loop.last_validation = last_validation(out, last)
        _run(loop, material)
    return _summary(loop, material.n_train, time.perf_counter() - begun)


def _refuse_own_start(out: Path, start: Run | None) -> None:
    if start and out.resolve() == start.path.parent.resolve():
        raise TrainingError(
            f"{out}: is the run to go on from, and can't be replaced by what is made of it. Choose another --out, or "
            "say --resume without --from to go on with it."
        )


def _note_photos(out: Path, material: Material, start: Run | None) -> None:
    photos = [picture for picture in material.train if picture.image_id in material.real_ids]
    note_photos(out, photos, material.held_out, start.path.parent if start else None)


def make_material(
    rendered: Sequence[PictureSet | StreamedSet],
    photos: Sequence[PictureSet],
    validation: PictureSet | None,
    start: Run | None,
    settings: TrainSettings,
) -> Material:
    """What a run is made of; the arguments and errors are those of `fit`."""
    categories = start.categories if start else None
    seen = learned_photos(start.path.parent) if start else frozenset()
    return gather(rendered, photos, validation, categories, settings, seen)


def with_real_share(settings: TrainSettings, material: Material) -> TrainSettings:
    """The settings with a share of photos where there are photos and renders and nobody said one."""
    if not material.is_mixed or settings.sampling.real_share is not None:
        return settings
    share = max(REAL_SHARE_MIN, len(material.real_ids) / material.n_train)
    return settings.model_copy(update={"sampling": settings.sampling.model_copy(update={"real_share": share})})


def resolve(
    settings: TrainSettings,
    start: Run | None,
    n_train: int,
    n_categories: int,
    device: torch.device,
    n_photos: int = 0,
) -> ResolvedSettings:
    """The settings with nothing left open, as a run begins with them; `start` is the run it goes on from."""
    if start:
        settings = fine_tuned(settings, start, n_train, n_photos, device)
    return settings.resolved(n_train, n_categories, device, n_photos=n_photos)


def new_detector(settings: ResolvedSettings, n_categories: int, start: Run | None) -> nn.Module:
    """The detector that a run begins with; seeds torch's random numbers, and leaves them so."""
    torch.manual_seed(settings.seed)
    model = build_detector(
        settings.detector,
        n_categories + 1,
        image_size_px=settings.image_size_px,
        pretrained=settings.pretrained and start is None,
        weights=settings.weights,
        trained_body_stages=settings.trained_body_stages,
        masks=settings.masks,
    )
    if start:
        model.load_state_dict(start.model.state_dict())
    return model


def make_stream(material: Material, settings: ResolvedSettings) -> Stream:
    """What a run learns from."""
    streamed = Streamed(material.parts, settings.seed) if material.parts else None
    order = Order(material.train, settings.batch_size, settings.seed, settings.sampling, material.real_ids, streamed)
    kept = Kept(settings.kept_photos_mb * 1_000_000)
    return Stream(order, material.categories, settings.image_size_px, settings.augment, settings.masks, kept)


def _run(loop: Loop, material: Material) -> None:
    loop.reporter.started(
        Plan(
            out=loop.out,
            detector=loop.settings.detector,
            device=loop.where,
            category_names=tuple(category.name for category in loop.held_out.categories),
            n_train=material.n_train,
            n_validation=len(loop.held_out.pictures),
            first_step=loop.step,
            iterations=loop.settings.iterations,
            batch_size=loop.settings.batch_size,
            image_size_px=loop.settings.image_size_px,
            n_photos=len(material.real_ids),
        )
    )
    try:
        loop.run()
    finally:
        loop.reporter.ended()


def _summary(loop: Loop, n_train: int, seconds: float) -> RunSummary:
    final = loop.last_validation
    return RunSummary(
        out=loop.out,
        detector=loop.settings.detector,
        iterations=loop.step,
        n_train=n_train,
        n_validation=len(loop.held_out.pictures),
        best_ap=loop.best_ap,
        ap=final.ap if final else -1.0,
        ap50=final.ap50 if final else -1.0,
        seconds=seconds,
    )
