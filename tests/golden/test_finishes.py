"""Other colours, textures and wear than the asset's own, and planes that end: light of single pixels, by arithmetic."""

import numpy as np
import pytest
from PIL import Image

from synth.scene import Background, Crop, Finish, Placed, Surface, Texture, Wear
from synth.surfaces import WEARS

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("linear")]
STEP = 1 / 255
LINEAR_128 = ((128 / 255 + 0.055) / 1.055) ** 2.4


def albedo(value):
    """What a colour may come to on its way through 8 bits."""
    return pytest.approx(value, abs=float(2 * STEP * np.sqrt(np.max(value))))


@pytest.fixture
def lit(seen, even_light):
    """The light of a white plate of a finish, in a white room."""

    def pixel(plate, **finish):
        return seen(plate, background=even_light, finish=Finish(**finish))

    return pixel


@pytest.fixture
def seen(from_above):
    """As in conftest, for an object with a finish."""

    def pixel(asset_id, background, finish):
        return from_above(Placed(1, asset_id, 1, np.eye(4), finish=finish), background=background).rgb[60, 80]

    return pixel


@pytest.fixture
def quarters(tmp_path):
    """A picture of four colours: red and green above, blue and white below."""
    corners = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    Image.fromarray(corners.repeat(32, axis=0).repeat(32, axis=1)).save(tmp_path / "quarters.png")
    return Texture("file", str(tmp_path / "quarters.png"))


def test_an_offset_makes_a_colour_of_black_and_leaves_white_white(lit, workshop):
    # The body of a black die becomes red; with a matrix of what is left to white, its pips stay white.
    body = (0.5, 0.1, 0.0)
    matrix = tuple(map(tuple, np.diag(1 - np.array(body)).tolist()))
    black, white = (workshop.plate(baseColorFactor=(value,) * 3 + (255,)) for value in (0, 255))
    # A dielectric sends back 4 % by its skin, whatever its colour.
    shine = lit(black)
    assert lit(black, color_matrix=matrix, color_offset=body) == albedo(shine + np.array(body) * (1 - shine))
    assert lit(white, color_matrix=matrix, color_offset=body) == pytest.approx([1, 1, 1], abs=0.01)


def test_a_texture_stands_in_for_the_assets_own(lit, workshop, tmp_path):
    Image.new("RGB", (4, 4), (128, 0, 255)).save(tmp_path / "other.png")
    own = Image.fromarray(np.full((4, 4, 3), (0, 255, 0), np.uint8))
    plate = workshop.plate(baseColorFactor=(255,) * 4, baseColorTexture=own)
    other = Texture("file", str(tmp_path / "other.png"))
    shine = lit(workshop.plate())
    assert lit(plate, texture=other) == albedo(shine + np.array([LINEAR_128, 0, 1]) * (1 - shine))


def test_wear_hides_the_surface_by_its_alpha_and_its_share(lit, workshop):
    name = "a grey film, for a test"
    if name not in WEARS:
        WEARS.register(name)(lambda rng, size: np.full((size, size, 4), (128, 128, 128, 255), np.uint8))
    black = workshop.plate(roughnessFactor=0.8)  # as rough as wear is
    shine = lit(black)
    for share in (0.25, 1.0):
        expected = shine + share * LINEAR_128 * (1 - shine)
        assert lit(black, wear=Wear(Texture(name), share=share)) == albedo(expected)


def test_wear_is_as_large_on_a_large_object_as_the_object_is(from_above, workshop, even_light):
    name = "left black, right white, for a test"

    @WEARS.register(name)
    def halves(rng, size_px):
        pixels = np.zeros((size_px, size_px, 4), np.uint8)
        pixels[:, size_px // 2 :, :3] = 255
        pixels[..., 3] = 255
        return pixels

    plate = workshop.plate(half_m=0.05)
    wear = Wear(Texture(name), offset=(0.5, 0.5))
    for scale in (1.0, 2.0):
        frame = from_above(Placed(1, plate, 1, np.eye(4), scale, Finish(wear=wear)), background=even_light)
        # One extent of the wear spans the plate, so its two halves meet in the middle, whatever the size.
        assert frame.rgb[60, 76].max() < 0.2
        assert frame.rgb[60, 84].min() > 0.8


def test_a_bounded_plane_ends_where_its_texture_does(from_above, even_light, quarters):
    # At 0.5 m and 100 px, a pixel is 5 mm: a square of 41 pixels about the middle of pixel (80, 60).
    surface = Surface(quarters, 0.205, offset_m=(-0.1025, -0.1025), bounded=True, roughness=1.0)
    frame = from_above(background=Background(even_light.environment, surface=surface))
    assert np.array_equal(np.nonzero(frame.depth_m[60])[0], np.arange(60, 101))
    assert np.array_equal(np.nonzero(frame.depth_m[:, 80])[0], np.arange(40, 81))
    # +y is the picture's top, as it is the texture's.
    colors = [frame.rgb[row, column].argmax() for row, column in ((50, 70), (50, 90), (70, 70))]
    assert colors == [0, 1, 2]
    assert frame.rgb[70, 90].min() > 0.9


def test_a_cropped_surface_fills_the_frame_as_the_picture_does(from_above, even_light, quarters):
    # The frame is 4 : 3 and the picture square: of its height, three quarters are seen, here the lowest.
    surface = Surface(quarters, 1.0, crop=Crop(1.0, 0.5, 1.0), roughness=1.0)
    frame = from_above(background=Background(even_light.environment, surface=surface))
    assert np.all(frame.depth_m > 0)
    # A third of the frame's height, which is the lower quarter of the picture's upper half.
    assert frame.rgb[36, 40].argmax() == 0 and frame.rgb[44, 40].argmax() == 2
    assert frame.rgb[36, 120].argmax() == 1 and frame.rgb[44, 120].min() > 0.9


def test_a_backdrop_shows_the_part_that_is_cropped(from_above, even_light, quarters):
    for crop, color in ((Crop(0.4, 0.0, 0.0), 0), (Crop(0.4, 1.0, 0.0), 1), (Crop(0.4, 0.0, 1.0), 2)):
        background = Background(even_light.environment, backdrop=quarters, backdrop_crop=crop)
        frame = from_above(background=background)
        assert np.all(frame.rgb.argmax(axis=2) == color)


def test_a_crop_without_extent_is_refused():
    with pytest.raises(ValueError, match="zoom"):
        Crop(zoom=0.0)
