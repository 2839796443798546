"""What holds for every LabelMe file: areas against the shoelace formula; a broken file is one error of one line."""

import base64
import io
import json
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools import mask as coco_mask

from synth.errors import LabelMeError
from synth.labelme import read_labelme
from synth.labelme.document import Shape
from synth.labelme.outline import cut_to_picture, pixels_inside
from synth.labelme.shapes import visible_area

W, H = 48, 32
anywhere = st.tuples(st.floats(-60, 100), st.floats(-60, 90))


def area_of(kind, *points):
    return visible_area([Shape(label="coin", shape_type=kind, points=points)], W, H)


@st.composite
def stars(draw):
    """Outlines that don't cross themselves: ever increasing angles around one point, in the picture."""
    turns_rad = np.cumsum(draw(st.lists(st.floats(0.1, 1), min_size=3, max_size=12)))
    turns_rad *= 2 * np.pi / (turns_rad[-1] + 0.1)
    radii_px = np.array(draw(st.lists(st.floats(1, 15), min_size=len(turns_rad), max_size=len(turns_rad))))
    center = draw(st.tuples(st.floats(15, W - 15), st.floats(15, H - 15)))
    return center + radii_px[:, None] * np.stack([np.cos(turns_rad), np.sin(turns_rad)], axis=1)


@given(anywhere, anywhere)
def test_the_corners_of_a_rectangle_may_come_in_any_order(a, b):
    orders = [(a, b), (b, a), ((a[0], b[1]), (b[0], a[1])), ((b[0], a[1]), (a[0], b[1]))]
    first, *others = [area_of("rectangle", *corners) for corners in orders]
    assert all(other == first for other in others)


@given(stars())
def test_a_polygon_covers_its_shoelace_area_to_within_its_perimeter(outline):
    x, y = outline.T
    shoelace_px = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    perimeter_px = np.hypot(*(np.roll(outline, -1, axis=0) - outline).T).sum()
    area = area_of("polygon", *map(tuple, outline.tolist()))
    assert abs((area.area_px if area else 0) - shoelace_px) <= perimeter_px


@given(stars(), st.integers(0, 11))
def test_a_polygon_may_start_anywhere_and_run_either_way(outline, start):
    points = list(map(tuple, np.roll(outline, -start, axis=0).tolist()))
    forward, backward = area_of("polygon", *points), area_of("polygon", *reversed(points))
    assert forward == backward == area_of("polygon", *map(tuple, outline.tolist()))


@given(stars(), anywhere)
def test_the_parts_of_a_cut_up_polygon_share_no_pixel_and_leave_none_out(outline, hub):
    # Triangles from any one point to every edge, signed by their winding, add up to the polygon.
    total = np.zeros((H, W), int)
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        triangle = np.array([hub, a, b])
        (ux, uy), (vx, vy) = a - hub, b - hub
        total += int(np.sign(ux * vy - uy * vx)) * pixels_inside(triangle, (0, 0, W, H))
    assert (abs(total) == pixels_inside(outline, (0, 0, W, H))).all()


@given(st.lists(anywhere, min_size=3, max_size=8))
def test_any_polygon_stays_in_the_picture_and_its_box_holds_the_centre_of_every_pixel(points):
    area = area_of("polygon", *points)
    if area is not None:
        x1, y1, x2, y2 = area.box_xyxy_px
        assert 0 <= x1 < x2 <= W
        assert 0 <= y1 < y2 <= H
        rows, columns = np.nonzero(coco_mask.decode(area.rle))
        assert x1 <= columns.min() + 0.5 <= columns.max() + 0.5 <= x2
        assert y1 <= rows.min() + 0.5 <= rows.max() + 0.5 <= y2


@given(st.lists(anywhere, min_size=3, max_size=3))
def test_a_cut_triangle_has_the_box_of_the_clipped_triangle(points):
    area = area_of("polygon", *points)
    clipped = clip_convex(np.array(points))
    if area is not None:
        expected = (*clipped.min(axis=0), *clipped.max(axis=0))
        assert np.allclose(area.box_xyxy_px, expected, atol=1e-6)


def clip_convex(points):
    """Sutherland & Hodgman 1974: cut by one side of the picture after the other. Exact for a convex outline."""
    for axis, border, sign in ((0, 0, 1), (0, W, -1), (1, 0, 1), (1, H, -1)):
        kept = []
        for a, b in zip(points, np.roll(points, -1, axis=0), strict=True):
            depth_a, depth_b = sign * (a[axis] - border), sign * (b[axis] - border)
            kept += [a] if depth_a >= 0 else []
            kept += [a + (b - a) * depth_a / (depth_a - depth_b)] if (depth_a >= 0) != (depth_b >= 0) else []
        points = np.array(kept).reshape(-1, 2)
    return points


def png_base64():
    stream = io.BytesIO()
    Image.new("L", (4, 4), 1).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


KINDS = ["polygon", "rectangle", "circle", "mask", "oriented_rectangle", "line", "ellipse", None, 3]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([png_base64()]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
shapes = st.fixed_dictionaries(
    {"label": st.just("coin") | values, "points": st.lists(st.lists(st.floats() | st.integers()), max_size=5) | values},
    optional={
        "shape_type": st.sampled_from(KINDS) | values,
        "group_id": st.integers(0, 2) | values,
        "mask": st.just(png_base64()) | values,
    },
)
documents = st.fixed_dictionaries(
    {"shapes": st.lists(shapes, max_size=3) | values, "imagePath": st.just("a.png") | st.text() | values},
    optional={"imageData": st.just(png_base64()) | values, "imageHeight": st.just(H) | values, "version": values},
)


@settings(max_examples=200, deadline=None)
@given(documents, st.binary(max_size=8), st.integers(0, 400), st.booleans())
def test_whatever_the_json_holds_it_is_read_or_it_is_one_line(document, noise, at, cut):
    content = json.dumps(document).encode("utf-8", "surrogatepass")
    if noise:
        content = content[:at] + noise + (b"" if cut else content[at:])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Image.new("RGB", (W, H)).save(folder / "a.png")
        (folder / "a.json").write_bytes(content)
        try:
            pictures, _ = read_labelme(folder, None)
        except LabelMeError as error:
            assert "\n" not in str(error)
            assert "a.json" in str(error)
        else:
            assert len(pictures.pictures) == 1


@settings(deadline=None)
@given(st.lists(anywhere, min_size=3, max_size=8))
def test_an_outline_cut_to_the_picture_lies_in_it_and_holds_what_it_held_there(points):
    outline = np.array(points)
    cut = cut_to_picture(outline, W, H)
    assert ((cut >= 0) & (cut <= (W, H))).all()
    whole, left = (pixels_inside(each, (0, 0, W, H)) for each in (outline, cut))
    # New points on the border are rounded: an edge that runs through a pixel's centre may pass it on either side.
    assert (whole != left).sum() <= 1
    inside = (outline >= 0).all(axis=1) & (outline <= (W, H)).all(axis=1)
    assert {tuple(point) for point in outline[inside]} <= {tuple(point) for point in cut}
