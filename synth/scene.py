"""A scene as plain data: what a randomizer writes, a renderer draws, and a data set keeps.

Nothing here knows of GL or of files being open; a scene can be printed, compared, saved as JSON and rendered again.
World: z up, metres. Camera: OpenCV axes. Colours: linear RGB unless a name says sRGB.
"""

__all__ = [
    "Background",
    "Camera",
    "Crop",
    "Finish",
    "Frame",
    "Light",
    "Placed",
    "Scene",
    "Sensor",
    "Surface",
    "Texture",
    "Wear",
]

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from synth.camera import Camera
from synth.geometry import Matrix, check_rigid

Rgb = tuple[float, float, float]
ColorMatrix = tuple[Rgb, Rgb, Rgb]
IDENTITY: ColorMatrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Texture:
    """A picture by its name: a file, or a procedure of `synth.surfaces` with everything it needs to repeat itself.

    Attributes:
        kind: "file", or a name in `synth.surfaces.SURFACES` / `synth.environments.ENVIRONMENTS`.
        path: Of a file, as the user wrote it.
        seed: Of a procedure.
    """

    kind: str
    path: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Wear:
    """What lies on a surface and hides part of it: dust, scratches, stains, print.

    It comes through the object from aside, in the mesh's own axes, so that no mesh needs texture places for it.

    Attributes:
        texture: A name in `synth.surfaces.WEARS`, with its seed; its alpha says where it hides the surface.
        share: Factor on that alpha.
        repeat: Its extent over the object's largest.
        offset: Where it begins, in extents of its own.
    """

    texture: Texture
    share: float = 1.0
    repeat: float = 1.0
    offset: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Finish:
    """How an instance's surface differs from its asset's own material.

    The linear base colour is multiplied by `color_matrix` (rows give red, green, blue) and `color_offset` is added: so
    a tint, a turn of the hue, a loss of saturation and a black that becomes a colour are all of one kind. The gains
    multiply what the material says.

    Attributes:
        texture: Instead of the material's own base colour texture, by the mesh's texture places, for what isn't cut
            out by its alpha.
        wear: What lies on top of that.
    """

    color_matrix: ColorMatrix = IDENTITY
    color_offset: Rgb = (0.0, 0.0, 0.0)
    roughness_gain: float = 1.0
    metallic_gain: float = 1.0
    texture: Texture | None = None
    wear: Wear | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """An asset in the scene. `world_from_object` is rigid; the mesh is scaled by `scale` before it.

    `category_id` is None for what is drawn and occludes but has no label.
    """

    instance_id: int
    asset_id: str
    category_id: int | None
    world_from_object: Matrix
    scale: float = 1.0
    finish: Finish = field(default_factory=Finish)

    def __post_init__(self) -> None:
        if self.instance_id < 1:
            raise ValueError(f"instance_id: expected at least 1 (0 is the background), got {self.instance_id}")
        if self.category_id is not None and self.category_id < 1:
            raise ValueError(f"category_id: expected at least 1 (0 is the background), got {self.category_id}")
        if not self.scale > 0:
            raise ValueError(f"scale: expected more than 0, got {self.scale}")
        check_rigid("world_from_object", self.world_from_object)


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """A light; it shines along its own +z, so only `world_from_light`'s third column counts for a sun.

    Attributes:
        color_rgb: Linear, by convention with a largest component of 1.
        intensity: Irradiance at right angles (`directional`), or radiant intensity: irradiance at 1 m (`point`,
            `spot`). In units in which a white diffuse surface of irradiance pi has radiance 1, the picture's white.
        casts_shadow: A point light can't.
        cone_rad: Of a spot: the angles off its axis at which the light begins to fall, and at which it ends.
        radius_rad: Half the angle under which it is seen: 0 for sharp shadows. The edges are as soft as if all shadows
            fell from half an object's width.
    """

    kind: Literal["directional", "point", "spot"]
    world_from_light: Matrix
    color_rgb: Rgb
    intensity: float
    casts_shadow: bool = False
    cone_rad: tuple[float, float] = (0.4, 0.6)
    radius_rad: float = 0.0

    def __post_init__(self) -> None:
        check_rigid("world_from_light", self.world_from_light)
        if self.intensity < 0:
            raise ValueError(f"intensity: expected at least 0, got {self.intensity}")
        if self.casts_shadow and self.kind == "point":
            raise ValueError("casts_shadow: a directional light or a spot can, this one is a point light")
        if not 0 <= self.cone_rad[0] < self.cone_rad[1] < 1.5:
            raise ValueError(f"cone_rad: expected 0 <= inner < outer < 1.5, got {self.cone_rad}")
        if not 0 <= self.radius_rad < 1.5:
            raise ValueError(f"radius_rad: expected at least 0 and below 1.5, got {self.radius_rad}")


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a picture that has the frame's shape; behind a lens the frame and the margin that it needs are filled.

    Attributes:
        zoom: Its width over that of the widest there is.
        x, y: Where it lies in the room that is left, 0 for left and top, 1 for right and bottom.
    """

    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5

    def __post_init__(self) -> None:
        if not (0 < self.zoom <= 1 and 0 <= self.x <= 1 and 0 <= self.y <= 1):
            raise ValueError(f"expected a zoom above 0, and all within 0 to 1, got {self}")

    def part(self, frame_aspect: float, picture_aspect: float) -> tuple[float, float, float, float]:
        """Left, top, width and height, of a picture of 1 x 1; the aspects are width over height."""
        fit = frame_aspect / picture_aspect
        width, height = self.zoom * min(fit, 1.0), self.zoom * min(1 / fit, 1.0)
        return self.x * (1 - width), self.y * (1 - height), width, height


@dataclass(frozen=True, slots=True)
class Surface:
    """The plane z = 0 that things stand on: a texture, repeated without an end, its linear colour times `gain_rgb`.

    What isn't in `synth.surfaces.SEAMLESS` is repeated mirrorwise.

    Attributes:
        repeat_m: The texture's width on the plane.
        angle_rad, offset_m: Its turn, and then the place of its lower left corner.
        bounded: It isn't repeated: the plane ends where the texture does, as a table does.
        crop: If set, the texture isn't laid out in metres, but so that this part of it fills the frame, as in a photo
            of the place; for views without a horizon.
    """

    texture: Texture
    repeat_m: float
    angle_rad: float = 0.0
    offset_m: tuple[float, float] = (0.0, 0.0)
    gain_rgb: Rgb = (1.0, 1.0, 1.0)
    roughness: float = 0.8
    metallic: float = 0.0
    bounded: bool = False
    crop: Crop | None = None


@dataclass(frozen=True, slots=True)
class Background:
    """What is not an object.

    Attributes:
        surface: The plane under the objects, or None for objects in free space.
        environment: An equirectangular picture (2 : 1, z up) that lights the scene from everywhere.
        environment_gain: Factor on its light.
        environment_angle_rad: Turn about z.
        backdrop: A picture drawn behind everything, filling the frame; None shows the environment.
        backdrop_gain: Factor on its linear colour.
        backdrop_crop: The part of it that is shown.
    """

    environment: Texture
    surface: Surface | None = None
    environment_gain: float = 1.0
    environment_angle_rad: float = 0.0
    backdrop: Texture | None = None
    backdrop_gain: float = 1.0
    backdrop_crop: Crop = Crop()


@dataclass(frozen=True, slots=True)
class Sensor:
    """From linear light to the pixels of a photo; the defaults change nothing but the sRGB curve.

    Attributes:
        exposure_gain: Factor on linear light, before the white balance.
        white_balance_rgb: Factors on red, green, blue.
        focus_m: The depth that is in focus.
        defocus_px_m: Focal length in pixels times the opening of the lens in metres; 0: all is in focus.
        blur_sigma_px: Softness of the lens, as a Gaussian blur.
        shake_px: The camera's move while the shutter is open, x and y from one end to the other.
        shake_bend: How far that line's middle lies off it, over its length.
        vignette: Part of the light that the picture's corners lose.
        mosaic: Whether each pixel sees one colour only, and the others are guessed.
        shot_noise, read_noise: Standard deviations, of linear light from 0 to 1, at full white and at black.
        noise_seed: Of the noise.
        gamma: Extra exponent on the finished picture; 1 leaves it.
        saturation: 0 is grey, 1 leaves it.
        resolution: Part of the picture's width to which it is scaled down and up again; 1 leaves it.
        sharpen: Amount of unsharp masking.
        jpeg_quality: A first lossy round of that quality before the data set's own; None for none.
    """

    exposure_gain: float = 1.0
    white_balance_rgb: Rgb = (1.0, 1.0, 1.0)
    focus_m: float = 1.0
    defocus_px_m: float = 0.0
    blur_sigma_px: float = 0.0
    shake_px: tuple[float, float] = (0.0, 0.0)
    shake_bend: float = 0.0
    vignette: float = 0.0
    mosaic: bool = False
    shot_noise: float = 0.0
    read_noise: float = 0.0
    noise_seed: int = 0
    gamma: float = 1.0
    saturation: float = 1.0
    resolution: float = 1.0
    sharpen: float = 0.0
    jpeg_quality: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything that one frame shows; `drawn` holds every random choice by name, for the data set to keep."""

    index: int
    seed: int
    camera: Camera
    objects: tuple[Placed, ...]
    lights: tuple[Light, ...]
    background: Background
    sensor: Sensor = field(default_factory=Sensor)
    drawn: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ids = [placed.instance_id for placed in self.objects]
        if len(set(ids)) != len(ids):
            raise ValueError(f"objects: expected one instance_id each, got {sorted(ids)}")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What a renderer makes of a scene; every label derives from the arrays and the scene.

    Attributes:
        rgb: (H, W, 3) uint8 sRGB, from the sensor.
        depth_m: (H, W) float32, along the viewing axis; 0 where nothing was hit.
        instance: (H, W) uint16, instance ids, 0 = background; distractors have their ids here too.
        amodal_bits: (K, H, W) uint32; object number n of the scene (from 0) covers a pixel, hidden or not, where bit
            n % 32 of plane n // 32 is set.
        full_px: (N,) int64 by object number: its pixels on a canvas that holds all of it.
        normals: (H, W, 3) float32, the unit normals that the light was computed with (normal maps included), in the
            camera's axes, towards the camera; 0 where nothing was hit. None if they were not asked for.
    """

    rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    instance: NDArray[np.uint16]
    amodal_bits: NDArray[np.uint32]
    full_px: NDArray[np.int64]
    normals: NDArray[np.float32] | None = None

    def amodal_mask(self, number: int) -> NDArray[np.bool_]:
        """(H, W) where object number `number` would be seen if nothing hid it."""
        bit = np.uint32(1 << (number % 32))
        return np.asarray(self.amodal_bits[number // 32] & bit, np.bool_)
