"""One LabelMe JSON file: bytes go in, a checked `Document` or a one-line `LabelMeError` comes out.

Types, numbers and point counts are settled here, so that nothing behind this door has to doubt them.
"""

__all__ = ["AREA_SHAPES", "Document", "Shape", "parse_document"]

import codecs
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from synth.errors import LabelMeError
from synth.printable import has_control

# The number of points that LabelMe's shapes have. A rectangle has two corners, but some tools write all four.
AREA_SHAPES: Final = {
    "polygon": range(1, 1_000_000),
    "rectangle": range(2, 5),
    "oriented_rectangle": range(4, 5),
    "circle": range(2, 3),
    "mask": range(2, 3),
}
AREALESS_SHAPES: Final = frozenset({"line", "linestrip", "point", "points"})

# No picture is so large; beyond it, arithmetic on pixels could overflow.
FAR_PX: Final = 1e7
Coordinate = Annotated[float, Field(ge=-FAR_PX, le=FAR_PX, allow_inf_nan=False)]


class Shape(BaseModel):
    """One drawn shape; `points` are (x, y) in pixels of the upright picture, (0, 0) its upper left corner."""

    model_config = ConfigDict(frozen=True, strict=True)
    label: str = Field(min_length=1, max_length=200)
    points: tuple[tuple[Coordinate, Coordinate], ...]
    group_id: int | str | None = None
    shape_type: str = "polygon"
    mask: str | None = None
    description: Any = None
    flags: Any = None

    @field_validator("label")
    @classmethod
    def _can_be_shown(cls, value: str) -> str:
        """Labels name categories, which every table prints."""
        if has_control(value):
            raise ValueError(f"the label {value[:40]!r} holds control characters")
        return value

    @field_validator("shape_type", mode="before")
    @classmethod
    def _polygon_by_default(cls, value: Any) -> Any:
        """LabelMe 3 wrote no shape type, or null, and had polygons only."""
        return "polygon" if value is None else value

    @model_validator(mode="after")
    def _is_drawn_as_labelme_draws(self) -> "Shape":
        if self.shape_type in AREALESS_SHAPES:
            return self
        if self.shape_type not in AREA_SHAPES:
            known = ", ".join(sorted(AREA_SHAPES.keys() | AREALESS_SHAPES))
            raise ValueError(f"the shape type {self.shape_type[:40]!r} isn't one of LabelMe's: {known}")
        if len(self.points) not in AREA_SHAPES[self.shape_type]:
            raise ValueError(f"a {self.shape_type} can't have {len(self.points)} points")
        if self.shape_type == "mask" and self.mask is None:
            raise ValueError("a mask shape needs its picture in 'mask'")
        return self

    @property
    def has_area(self) -> bool:
        return self.shape_type in AREA_SHAPES


class Document(BaseModel):
    """What a LabelMe file says; the keys are LabelMe's own."""

    model_config = ConfigDict(frozen=True, strict=True)
    shapes: tuple[Shape, ...]
    image_path: str | None = Field(default=None, alias="imagePath", max_length=4096)
    image_data: str | None = Field(default=None, alias="imageData")
    height_px: int | None = Field(default=None, alias="imageHeight")
    width_px: int | None = Field(default=None, alias="imageWidth")


def parse_document(json_bytes: bytes) -> Document:
    """Check one JSON file's content.

    Raises:
        LabelMeError: it is not JSON, not LabelMe's, or holds a value that no picture can have. The reader, who knows
            the file's name, puts it in front.
    """
    try:
        # Windows editors put a byte order mark in front of UTF-8.
        return Document.model_validate_json(json_bytes.removeprefix(codecs.BOM_UTF8))
    except ValidationError as error:
        raise LabelMeError(_first_fault(error)) from None


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    what, where = fault["msg"].removeprefix("Value error, "), fault["loc"]
    if fault["type"] == "json_invalid":
        return f"not valid JSON ({what.removeprefix('Invalid JSON: ')}). Was it cut off? Save it from LabelMe again."
    if len(where) < 2 and where[:1] in ((), ("shapes",)):
        return 'not a LabelMe file, for it has no list "shapes". Move it out of the folder.'
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where).removeprefix(".")
    return f"{place}: {what}. Mend it in LabelMe, or remove it."
