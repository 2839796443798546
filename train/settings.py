"""What a user may choose about training; `None` means what suits the detector, the device and the data.

A setting's meaning stands under `Attributes:`; `synth train --print-config` reads it from there.
"""

__all__ = [
    "AugmentSettings",
    "ResolvedSettings",
    "SamplingSettings",
    "TrainSettings",
    "choose_device",
    "suited_threads",
]

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator

from synth.errors import TrainingError

CPU_DETECTOR = "lite0"
GPU_DETECTOR = "resnet50_v2"
VALIDATIONS = 4  # in a run, the last at its end
WARMUP_BATCHES = 20  # of the recipe's size
# Of a rate that suits SGD, what suits AdamW, whose steps are of about the rate's own length.
ADAMW_RATE = 0.02
WEIGHT_DECAY = {"sgd": 1e-4, "adamw": 0.02}
# Beyond it, fine for SGD, AdamW's losses were in the thousands after ten steps.
ADAMW_RATE_MAX = 0.005

Optimizer = Literal["sgd", "adamw"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings that belong to a detector, and how long to train: `passes` over the data within the limits.

    The limits are in batches of `batch_size`, and the rate is for them: with other batches as many pictures are seen,
    at a rate that goes with their size, or for AdamW with its root. `iterations_per_category` limits training on
    renders alone: what is learned after a few classes are told apart is what only renders have.
    """

    image_size_px: int
    batch_size: int
    optimizer: Optimizer
    learning_rate: float
    trained_body_stages: int
    passes: float
    iterations_min: int
    iterations_max: int
    iterations_per_category: float = math.inf

    def rate(self, optimizer: Optimizer, batch_size: int) -> float:
        """The rate at its height.

        Source: Malladi et al., On the SDEs and scaling rules for adaptive gradient algorithms, 2022.
        """
        usual = {self.optimizer: self.learning_rate}
        rates = {"sgd": self.learning_rate / ADAMW_RATE, "adamw": self.learning_rate * ADAMW_RATE} | usual
        return rates[optimizer] * (batch_size / self.batch_size) ** (0.5 if optimizer == "adamw" else 1)


# Measured on two cores: the last stages, trained at a tenth of the rate, tell alike things apart that a frozen body
# mixes up, and find as many on photos. AdamW tells them apart sooner: after 2,100 iterations on the same renders, an
# AP50 of 0.73 on photos of cards instead of SGD's 0.64. Dice, a single class, were found better after 500 iterations
# than after 2,100 or 3,500, and six ranks of cards best after 3,500; single runs, and scenes changed between them.
# Neither a larger picture (448) nor 0.3 of the rate for the body told cards apart better after 700.
LITE0 = Recipe(
    320,
    4,
    "adamw",
    4e-4,
    trained_body_stages=3,
    passes=10,
    iterations_min=300,
    iterations_max=3000,
    iterations_per_category=500,
)
RESNET50 = Recipe(640, 8, "sgd", 0.01, trained_body_stages=3, passes=4, iterations_min=500, iterations_max=10_000)
# The paper's: one picture a step at 0.001, and VGG16's first two blocks left alone.
VGG16_CLASSIC = Recipe(800, 1, "sgd", 0.001, trained_body_stages=3, passes=4, iterations_min=500, iterations_max=20_000)
RECIPES = {"lite0": LITE0, "resnet50": RESNET50, "resnet50_v2": RESNET50, "vgg16_classic": VGG16_CLASSIC}


class AugmentSettings(BaseModel):
    """How training pictures are altered; a probability of 0 or a range of no width turns a part off.

    Renders have their sizes from the camera's settings, and their blur from the sensor's: here both are but varied.
    Mirrored text and digits don't exist, so pictures aren't flipped unless asked for.

    Attributes:
        zoom_min: Least size of the picture, in parts of the one that is predicted at.
        zoom_max: Greatest size; what doesn't fit is cropped.
        aspect_jitter: By how much of one side to the other a picture is stretched at most.
        flip_probability: Of a mirror image.
        quarter_turn_probability: Of one to three quarter turns.
        mosaic_probability: Of four pictures as one, each in its corner.
        paste_probability: Of objects cut out of another picture by their masks.
        paste_objects_max: How many at most; as many or fewer are pasted.
        erase_probability: Of a rectangle of noise or one colour that hides what is below.
        erase_share_max: Its greatest part of the picture.
        brightness: By which part it may rise and fall.
        contrast: By which part it may rise and fall.
        saturation: By which part it may rise and fall.
        hue: By which part of the whole circle it may turn, either way.
        grey_probability: Of a picture without colours.
        blur_probability: Of a lens out of focus.
        blur_sigma_max_px: Its Gaussian's greatest width.
        motion_blur_probability: Of a camera that moved.
        motion_blur_max_px: How far at most.
        noise_probability: Of noise in every pixel.
        noise_sigma_max: Its greatest standard deviation, in levels of 255.
        jpeg_probability: Of JPEG compression.
        jpeg_quality_min: Its least quality.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    zoom_min: float = Field(0.75, gt=0, le=1)
    zoom_max: float = Field(1.4, ge=1)
    aspect_jitter: float = Field(0.1, ge=0, lt=1)
    flip_probability: float = Field(0.0, ge=0, le=1)
    quarter_turn_probability: float = Field(0.0, ge=0, le=1)
    mosaic_probability: float = Field(0.0, ge=0, le=1)
    paste_probability: float = Field(0.0, ge=0, le=1)
    paste_objects_max: int = Field(4, ge=1)
    erase_probability: float = Field(0.0, ge=0, le=1)
    erase_share_max: float = Field(0.15, gt=0, le=1)
    brightness: float = Field(0.35, ge=0, lt=1)
    contrast: float = Field(0.35, ge=0, lt=1)
    saturation: float = Field(0.4, ge=0, lt=1)
    hue: float = Field(0.03, ge=0, le=0.5)
    grey_probability: float = Field(0.2, ge=0, le=1)
    blur_probability: float = Field(0.15, ge=0, le=1)
    blur_sigma_max_px: float = Field(1.0, gt=0)
    motion_blur_probability: float = Field(0.0, ge=0, le=1)
    motion_blur_max_px: float = Field(8.0, ge=2, le=100)
    noise_probability: float = Field(0.3, ge=0, le=1)
    noise_sigma_max: float = Field(12.0, ge=0, le=255)
    jpeg_probability: float = Field(0.3, ge=0, le=1)
    jpeg_quality_min: int = Field(35, ge=1, le=100)


class SamplingSettings(BaseModel):
    """Which pictures are shown how often.

    Attributes:
        repeat_threshold: A category in less than this part of the pictures makes those that show it come up more
            often, a tenth as frequent ones about three times (LVIS's repeat factor); 0 shows all alike.
        real_share: The part of each batch that is photos, where there are photos and renders; none: as they come.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    repeat_threshold: float = Field(0.0, ge=0, le=1)
    real_share: float | None = Field(None, gt=0, lt=1)


Scale = Annotated[float, Field(ge=0.25, le=4)]


class TrainSettings(BaseModel):
    """Everything a training run depends on besides its pictures.

    An iteration is one step of the optimizer, on `batch_size` pictures in all: `accumulate` and the number of
    processes say how these go through the network, not how many are seen or how far the weights move.

    Attributes:
        detector: Name of the detector.
        weights: File of weights to start from.
        pretrained: Start from the weights this detector is known to start well from.
        masks: Learn outlines too: Mask R-CNN.
        device: auto, cpu, cuda or cuda:1. Under torchrun auto and cuda are each process's own GPU.
        precision: Of the network's arithmetic; losses, boxes and the weights stay in fp32. auto is bf16 on a GPU that
            has it, fp16 on another, fp32 on a CPU.
        seed: Of split, order, augmentation and sampling.
        iterations: Steps of the optimizer.
        batch_size: Pictures a step, those of all processes together.
        accumulate: Parts that a process's share of a batch goes through the network in: more of them need less memory.
        image_size_px: Shorter side of the picture that the detector sees, pixels.
        scales: Training pictures are made by a factor between these larger, drawn for each batch: [0.75, 1.25].
        optimizer: What moves the weights: sgd, with momentum, or adamw.
        learning_rate: At its height, after the warmup; if not said, by the batch.
        momentum: Of SGD.
        weight_decay: By which part of the rate weights shrink in a step; for sgd it is part of the gradient.
        warmup_images: Pictures until the full rate, at most a tenth of all that are seen. Then it falls along a cosine.
        clip_norm: Longer gradients are shortened to this.
        ema_decay: Validate with, and keep as the best, the weights' running mean, of which each step leaves this part;
            less in a run's first steps. 0: the weights themselves.
        trained_body_stages: Last stages of the feature extractor that learn; the others are frozen.
        body_learning_rate_factor: The extractor's rate, as a part of the others'.
        augment: How training pictures are altered.
        sampling: Which pictures are shown how often.
        shots: Learn from so many of the photos, balanced over classes.
        validation_fraction, validation_pictures_max: Of the pictures, which part is held out to validate on, and how
            many at most.
        validate_every: Iterations between validations.
        patience: Stop after so many validations without a better AP. 0: never.
        checkpoint_every: Iterations between checkpoints.
        log_every: Iterations between lines of the log.
        loader_threads: Threads that read and alter pictures; as many as suit the machine, if not said.
        kept_photos_mb: Memory for large photos, shrunk to what training needs, so that each is decoded once; each
            process's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    detector: str | None = None
    weights: Path | None = None
    pretrained: bool = True
    masks: bool = False
    device: str = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    seed: int = Field(0, ge=0, lt=2**63)

    iterations: int | None = Field(None, ge=1)
    batch_size: int | None = Field(None, ge=1)
    accumulate: int = Field(1, ge=1)
    image_size_px: int | None = Field(None, ge=32)
    scales: tuple[Scale, Scale] = (1.0, 1.0)
    optimizer: Optimizer | None = None
    learning_rate: float | None = Field(None, gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float | None = Field(None, ge=0)
    warmup_images: int | None = Field(None, ge=0)
    clip_norm: float = Field(5.0, gt=0)
    ema_decay: float = Field(0.0, ge=0, lt=1)
    trained_body_stages: int | None = Field(None, ge=0)
    body_learning_rate_factor: float = Field(0.1, gt=0)
    augment: AugmentSettings = AugmentSettings()
    sampling: SamplingSettings = SamplingSettings()

    shots: int | None = Field(None, ge=1)
    validation_fraction: float = Field(0.1, ge=0, lt=1)
    validation_pictures_max: int = Field(100, ge=0)
    validate_every: int | None = Field(None, ge=1)
    patience: int = Field(0, ge=0)
    checkpoint_every: int = Field(100, ge=1)
    log_every: int = Field(10, ge=1)
    loader_threads: int | None = Field(None, ge=1)
    kept_photos_mb: int = Field(1000, ge=0)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.scales[0] > self.scales[1]:
            raise ValueError(f"scales: expected [least, greatest], got {list(self.scales)}")
        if self.batch_size is not None and self.accumulate > self.batch_size:
            raise ValueError(f"accumulate: a batch of {self.batch_size} can't go in {self.accumulate} parts")
        return self

    def resolved(
        self, n_pictures: int, n_categories: int, device: torch.device, *, n_photos: int = 0
    ) -> "ResolvedSettings":
        """The same with nothing left open.

        Args:
            n_pictures: Pictures to learn from; the default length is some passes over them, within limits.
            n_categories: To be told apart, and from the background: the more, the longer the training may be.
            device: What `choose_device` chose.
            n_photos: How many of the pictures are photos; where some are, the classes don't limit the length.
        Raises:
            TrainingError: the rate is one for another optimizer.
        """
        detector = self.detector or (CPU_DETECTOR if device.type == "cpu" else GPU_DETECTOR)
        recipe = RECIPES.get(detector, LITE0)
        # Parts need a picture each.
        batch_size = self.batch_size or max(recipe.batch_size, self.accumulate)
        per_category = math.inf if n_photos else recipe.iterations_per_category
        most = min(recipe.iterations_max, per_category * n_categories)
        usual = min(max(recipe.passes * n_pictures / recipe.batch_size, recipe.iterations_min), most)
        iterations = self.iterations or max(1, round(usual * recipe.batch_size / batch_size))
        optimizer = self.optimizer or recipe.optimizer
        if optimizer == "adamw" and (self.learning_rate or 0) > ADAMW_RATE_MAX:
            raise TrainingError(
                f"learning_rate {self.learning_rate:g}: too much for AdamW, which {detector} learns by. Leave it out, "
                f'stay below {ADAMW_RATE_MAX:g}, or say optimizer = "sgd".'
            )
        defaults = {
            "detector": detector,
            "batch_size": batch_size,
            "iterations": iterations,
            "image_size_px": recipe.image_size_px,
            "optimizer": optimizer,
            "learning_rate": recipe.rate(optimizer, batch_size),
            "weight_decay": WEIGHT_DECAY[optimizer],
            "warmup_images": WARMUP_BATCHES * recipe.batch_size,
            "trained_body_stages": recipe.trained_body_stages,
            "validate_every": -(-iterations // VALIDATIONS),
        }
        chosen = {"precision": best_precision(device)} if self.precision == "auto" else {}
        return ResolvedSettings.model_validate(defaults | self.model_dump(exclude_none=True) | chosen)


class ResolvedSettings(TrainSettings):
    """`TrainSettings` with a value for everything; this is what a checkpoint keeps."""

    detector: str
    precision: Literal["fp32", "bf16", "fp16"]
    iterations: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    image_size_px: int = Field(ge=32)
    optimizer: Optimizer = "sgd"  # that of runs from before there was a choice
    learning_rate: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    warmup_images: int = Field(ge=0)
    trained_body_stages: int = Field(ge=0)
    validate_every: int = Field(ge=1)


def best_precision(device: torch.device) -> Literal["fp32", "bf16", "fp16"]:
    """What "auto" means on a device."""
    if device.type == "cpu":
        return "fp32"
    return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"


def suited_threads(device: torch.device) -> int:
    """How many threads should make pictures, where nobody says it.

    On a CPU the network takes every core, and a thread makes pictures faster than four cores learn from them. A GPU
    leaves all cores to those; more than eight wait for Python's lock.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores //= int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, cores // 4 if device.type == "cpu" else min(8, cores - 1))


def choose_device(name: str) -> torch.device:
    """The device called `name`; "auto" is the GPU where there is one. Each of torchrun's processes has its own GPU.

    Raises:
        TrainingError: there is no such device here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if not re.fullmatch(r"cpu|cuda(:\d{1,2})?", name):
        raise TrainingError(f'There is no device called "{name}". Choose auto, cpu, cuda or cuda:1.')
    if "LOCAL_RANK" in os.environ and name.startswith("cuda"):
        if name != "cuda":
            raise TrainingError(f"--device {name}: under torchrun each process has its own GPU. Say --device cuda.")
        name = f"cuda:{os.environ['LOCAL_RANK']}"
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise TrainingError(
            f"--device {name}: PyTorch sees {torch.cuda.device_count()} GPUs here. Use --device cpu, or install "
            "PyTorch's build for your driver (https://pytorch.org/get-started)."
        )
    return device
