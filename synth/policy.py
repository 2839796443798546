"""Which labels count: one policy for synthetic labels and for real annotations, so that both mean the same.

In: what is known of one label. Out: keep it, ignore it (COCO's `iscrowd: 1`), or drop it, and by which rule.
"""

__all__ = ["LabelPolicy", "Rule", "Verdict"]

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Action = Literal["drop", "ignore"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to a label; `rule` names the rule that decided, or is None where the label is kept."""

    action: Literal["keep", "drop", "ignore"]
    rule: str | None = None


KEEP = Verdict("keep")


class Rule(BaseModel):
    """Labels below `limit` are dropped, or marked to be ignored. A plain number in the config means `drop`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    limit: float = Field(ge=0)
    action: Action = "drop"

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        return {"limit": value} if isinstance(value, int | float) else value


class LabelPolicy(BaseModel):
    """Which labels count, in renders and in photos alike; the fields are keys of `[policy]` in render.toml.

    People who label photos skip what is less than a tenth visible, so that is the default. A rule about something
    nobody knows (the visible fraction in a photo) lets the label pass.

    Attributes:
        min_visible_fraction: Least part of an object that is seen, of 1. What is below `limit` becomes a crowd, which
            training and evaluation pass over (action "ignore"), or gets no label ("drop").
        min_visible_px: Least number of its pixels that are seen.
        min_box_px: Least length of the shorter side of its visible box, pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    min_visible_fraction: Rule = Rule(limit=0.1, action="ignore")
    min_visible_px: Rule = Rule(limit=16, action="ignore")
    min_box_px: Rule = Rule(limit=4, action="ignore")

    def judge(self, visible_px: float, visible_fraction: float | None, box_wh_px: tuple[float, float]) -> Verdict:
        """Decide on one label; an object without a visible pixel is always dropped, for it isn't in the picture.

        Args:
            visible_px: Pixels in the visible mask.
            visible_fraction: visible_px / full_px, or None where it isn't known.
            box_wh_px: Width and height of the visible box; the shorter side counts.
        """
        if visible_px <= 0:
            return Verdict("drop", "not_visible")
        seen = {
            "min_visible_fraction": 1.0 if visible_fraction is None else visible_fraction,
            "min_visible_px": visible_px,
            "min_box_px": min(box_wh_px),
        }
        broken = [name for name, value in seen.items() if value < getattr(self, name).limit]
        # Where several rules are broken the hardest decides, whatever their order in the config.
        broken.sort(key=lambda name: getattr(self, name).action != "drop")
        return Verdict(getattr(self, broken[0]).action, broken[0]) if broken else KEEP
