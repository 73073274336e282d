"""Do rendered images show what PS3.4 N.2 and PS3.18 8.3.5 ask for? Checked on small images by arithmetic."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from imagery import build_head, element, ramp, sequence, tag_order
from numpy.typing import NDArray
from PIL import Image

from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.luts import Lut, Rescale, Window, read_lut, read_segmented_lut
from lumenarc.dicom.render import State, render_animation, render_frame
from lumenarc.dicom.render_request import RenderRequest, Viewport, parse_viewport, parse_window
from lumenarc.errors import BadRequest, NotAcceptable, Unrenderable

EXPLICIT = "1.2.840.10008.1.2.1"


def draw(head: bytes, values: NDArray[Any], index: int = 0, state: bytes = b"", **wish: Any) -> NDArray[Any]:
    """Render as PNG and give the pixels."""
    request = RenderRequest(media_type="image/png", **wish)
    applied = State(state, EXPLICIT) if state else None
    found = render_frame(head, EXPLICIT, values.tobytes(), index, request, applied)
    picture = np.asarray(Image.open(io.BytesIO(found.data)))
    assert picture.shape[:2] == (found.height, found.width)
    return picture


def test_linear_window_follows_the_formula_of_the_standard() -> None:
    window = Window(2048, 4096)
    assert window.apply(np.array([0, 2047, 2048, 4095])).tolist() == pytest.approx([0, 2047 / 4095, 2048 / 4095, 1])
    assert Window(10, 1).apply(np.array([9, 10])).tolist() == [0, 1]


def test_other_window_functions() -> None:
    exact = Window(10, 20, "LINEAR_EXACT").apply(np.array([-5.0, 0, 10, 20, 30]))
    assert exact.tolist() == pytest.approx([0, 0, 0.5, 1, 1])
    sigmoid = Window(10, 20, "SIGMOID").apply(np.array([10.0, 30.0]))
    assert sigmoid.tolist() == pytest.approx([0.5, 1 / (1 + np.exp(-4))])


def test_window_of_the_header_is_used_after_rescale() -> None:
    extra = [
        element(0x00281050, "DS", "40\\100"),
        element(0x00281051, "DS", "400\\50"),
        element(0x00281052, "DS", "-1024"),
        element(0x00281053, "DS", "2"),
    ]
    values = np.arange(0, 1024, dtype=np.uint16).reshape(32, 32)
    found = draw(build_head(32, 32, bits=12, extra=extra), values)
    expected = np.clip((values * 2.0 - 1024 - 39.5) / 399 + 0.5, 0, 1) * 255
    assert np.abs(found - expected).max() <= 0.5
    second = draw(build_head(32, 32, bits=12, extra=extra), values, voi_index=1)
    assert second.mean() != found.mean()


def test_monochrome1_and_inverse_shape_are_inverted_once() -> None:
    values = ramp(8, 8, 8)
    plain = draw(build_head(8, 8), values)
    assert np.array_equal(plain, values)
    inverse = element(0x20500020, "CS", "INVERSE")
    for head in (
        build_head(8, 8, photometric="MONOCHROME1"),
        build_head(8, 8, photometric="MONOCHROME1", extra=[inverse]),
        build_head(8, 8, extra=[inverse]),
    ):
        assert np.array_equal(draw(head, values), 255 - values)


@pytest.mark.parametrize("bits", [1, 4, 10, 16, 24, 32])
@pytest.mark.parametrize("signed", [False, True])
def test_every_depth_is_stretched_from_darkest_to_brightest(bits: int, signed: bool) -> None:
    if bits == 1 and signed:
        return
    values = ramp(16, 16, bits)
    if signed:
        values = (values.astype(np.int64) - (1 << (bits - 1))).astype(values.dtype.str.replace("u", "i"))
    found = draw(build_head(16, 16, bits=bits, signed=signed), values)
    assert (found.min(), found.max()) == (0, 255)
    assert np.all(np.diff(found[8].astype(int)) >= 0)


def test_single_bit_packed_image() -> None:
    bits = np.array([0, 1, 1, 0, 1, 0, 0, 1, 1], np.uint8)
    head = build_head(3, 3, bits=1, allocated=1)
    assert (draw(head, np.packbits(bits, bitorder="little")).reshape(-1) // 255).tolist() == bits.tolist()


def test_float_pixels() -> None:
    head = build_head(2, 2, allocated=32, bits=32)
    parts = head.replace(element(0x00280101, "US", 32), b"").replace(element(0x00280103, "US", 0), b"")
    found = draw(parts, np.array([0.0, 0.25, 0.5, 1.0], np.float32))
    assert found.reshape(-1).tolist() == [0, 64, 128, 255]


def test_padding_is_black_and_does_not_stretch_the_window() -> None:
    values = np.array([[0, 1000], [2000, 63536]], np.uint16)
    head = build_head(2, 2, bits=16, signed=True, extra=[element(0x00280120, "SS", -2000)])
    assert draw(head, values).tolist() == [[0, 128], [255, 0]]
    ranged = build_head(2, 2, bits=16, extra=[element(0x00280120, "US", 2000), element(0x00280121, "US", 65535)])
    assert draw(ranged, values).tolist() == [[0, 255], [0, 0]]


def test_modality_and_voi_tables() -> None:
    table = element(0x00283002, "US", [4, 0, 8]) + element(0x00283006, "US", [3, 2, 1, 0])
    values = np.array([[0, 1], [2, 9]], np.uint8)
    voi = element(0x00283002, "US", [4, 0, 8]) + element(0x00283006, "US", [0, 50, 100, 255])
    head = build_head(2, 2, extra=[sequence(0x00283000, table), sequence(0x00283010, voi)])
    assert draw(head, values).tolist() == [[255, 100], [50, 0]]


def test_per_frame_functional_groups() -> None:
    def group(slope: str, center: str) -> bytes:
        change = element(0x00281052, "DS", "0") + element(0x00281053, "DS", slope)
        window = element(0x00281050, "DS", center) + element(0x00281051, "DS", "100")
        return sequence(0x00289132, window) + sequence(0x00289145, change)

    head = build_head(1, 2, bits=12, frames=2, extra=[sequence(0x52009230, group("1", "50"), group("10", "500"))])
    values = np.array([40, 60], np.uint16)
    first, second = draw(head, values, 0), draw(head, values, 1)
    assert np.abs(first - np.clip((values - 49.5) / 99 + 0.5, 0, 1) * 255).max() <= 0.5
    assert np.abs(second - np.clip((values * 10 - 499.5) / 99 + 0.5, 0, 1) * 255).max() <= 0.5


def _palette(first: int, reds: list[int], bits: int = 16) -> list[bytes]:
    parts = []
    for channel in range(3):
        parts.append(element(0x00281101 + channel, "US", [len(reds), first, bits]))
        parts.append(element(0x00281201 + channel, "OW", struct.pack(f"<{len(reds)}H", *reds)))
        reds = reds[1:] + reds[:1]
    return parts


def test_palette_color_clamps_at_both_ends() -> None:
    head = build_head(1, 4, photometric="PALETTE COLOR", extra=_palette(1, [0xFF00, 0x8000, 0x0000]))
    found = draw(head, np.array([0, 1, 2, 9], np.uint8))
    assert found[0].tolist() == [[255, 128, 0], [255, 128, 0], [128, 0, 255], [0, 255, 128]]


def test_segmented_palette_expands() -> None:
    words = [0, 2, 0, 1000, 1, 4, 5000, 2, 1, 0, 0]
    item = element(0x00281101, "US", [8, 0, 16]) + element(0x00281221, "OW", struct.pack("<11H", *words))
    found = read_segmented_lut(LazySet.of(item, EXPLICIT), 0x00281101, 0x00281221, False)
    assert found.values.tolist() == [0, 1000, 2000, 3000, 4000, 5000, 0, 1000]


@pytest.mark.parametrize("words", [[1, 4, 5], [0, 9], [2, 1, 0, 9], [7, 7, 7], [2, 65535, 0, 0]])
def test_broken_segmented_palette_is_an_error(words: list[int]) -> None:
    data = struct.pack(f"<{len(words)}H", *words)
    item = element(0x00281101, "US", [256, 0, 16]) + element(0x00281221, "OW", data)
    with pytest.raises(Unrenderable):
        read_segmented_lut(LazySet.of(item, EXPLICIT), 0x00281101, 0x00281221, False)


def test_supplemental_palette_colors_high_values_only() -> None:
    extra = [element(0x00089205, "CS", "MIXED"), *_palette(200, [0xFF00, 0x0000, 0x0000])]
    found = draw(build_head(1, 2, extra=extra), np.array([100, 200], np.uint8))
    assert found[0].tolist() == [[100, 100, 100], [255, 0, 0]]


def test_lut_with_bytes_and_with_lying_depth() -> None:
    packed = element(0x00283002, "US", [4, 10, 8]) + element(0x00283006, "OW", bytes((1, 2, 3, 4)))
    assert read_lut(LazySet.of(packed, EXPLICIT), 0x00283002, 0x00283006, False).values.tolist() == [1, 2, 3, 4]
    lying = element(0x00283002, "US", [2, 0, 8]) + element(0x00283006, "US", [0, 4095])
    assert read_lut(LazySet.of(lying, EXPLICIT), 0x00283002, 0x00283006, False).bits == 16
    negative = element(0x00283002, "US", [2, 0xFFFE, 8]) + element(0x00283006, "US", [7, 8])
    found = read_lut(LazySet.of(negative, EXPLICIT), 0x00283002, 0x00283006, True)
    assert found == Lut(-2, found.values, 8)
    assert found.look_up(np.array([-9, -2, -1, 5])).tolist() == [7, 7, 8, 8]


def test_ybr_full_becomes_rgb() -> None:
    head = build_head(1, 3, samples=3, photometric="YBR_FULL")
    values = np.array([[76, 85, 255], [150, 44, 21], [29, 255, 107]], np.uint8)
    found = draw(head, values)[0].astype(int)
    assert np.abs(found - [[255, 0, 0], [0, 255, 0], [0, 0, 255]]).max() <= 2


def test_overlay_is_placed_clipped_and_can_be_left_out() -> None:
    plane = np.ones(6, np.uint8)
    extra = [
        element(0x60000010, "US", 2),
        element(0x60000011, "US", 3),
        element(0x60000040, "CS", "G"),
        element(0x60000050, "SS", [0, 3]),
        element(0x60000100, "US", 1),
        element(0x60000102, "US", 0),
        element(0x60003000, "OW", np.packbits(plane, bitorder="little").tobytes() + b"\0"),
    ]
    head, values = build_head(3, 4, extra=extra), np.zeros((3, 4), np.uint8)
    expected = np.zeros((3, 4), int)
    expected[0, 2:4] = 255
    assert np.array_equal(draw(head, values), expected)
    assert not draw(head, values, overlays=False).any()


def test_overlay_embedded_in_unused_bits() -> None:
    extra = [element(0x60000010, "US", 1), element(0x60000011, "US", 4), element(0x60000102, "US", 15)]
    values = np.array([0, 0x8000, 4095, 0x8000], np.uint16)
    assert draw(build_head(1, 4, bits=12, allocated=16, extra=extra), values)[0].tolist() == [0, 255, 255, 255]


def test_viewport_fits_crops_and_mirrors() -> None:
    values = ramp(40, 80, 8)
    head = build_head(40, 80)
    assert draw(head, values, viewport=Viewport(20, 20)).shape == (10, 20)
    assert draw(head, values, viewport=Viewport(160, 160)).shape == (80, 160)
    part = draw(head, values, viewport=Viewport(20, 10, 10, 5, 20, 10))
    assert np.array_equal(part, values[5:15, 10:30])
    mirrored = draw(head, values, viewport=Viewport(20, 10, 10, 5, -20, -10))
    assert np.array_equal(mirrored, values[5:15, 10:30][::-1, ::-1])
    with pytest.raises(BadRequest):
        draw(head, values, viewport=Viewport(20, 10, 100, 100, 5, 5))


def test_region_in_fractions() -> None:
    values = ramp(40, 80, 8)
    assert np.array_equal(draw(build_head(40, 80), values, region=(0.25, 0.5, 0.5, 1.0)), values[20:40, 20:40])


def test_pixels_that_are_not_square_are_stretched() -> None:
    tall = build_head(10, 10, extra=[element(0x00280034, "IS", "2\\1")])
    wide = build_head(10, 10, extra=[element(0x00280030, "DS", "0.5\\1.0")])
    assert draw(tall, ramp(10, 10, 8)).shape == (20, 10)
    assert draw(wide, ramp(10, 10, 8)).shape == (10, 20)


def test_sixteen_bit_png() -> None:
    values = ramp(8, 8, 16)
    assert np.array_equal(draw(build_head(8, 8, bits=16), values, bits=16, window=Window(32768, 65536)), values)


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/gif", "image/webp", "image/jp2"])
def test_every_media_type_is_what_it_says(media_type: str) -> None:
    found = render_frame(
        build_head(32, 32), EXPLICIT, ramp(32, 32, 8).tobytes(), 0, RenderRequest(media_type=media_type)
    )
    assert found.media_type == media_type
    if media_type == "image/jp2":
        assert found.data[4:8] == b"jP  "
        return
    picture = Image.open(io.BytesIO(found.data))
    assert Image.MIME[picture.format or ""] == media_type
    assert np.abs(np.asarray(picture.convert("L")).astype(int) - ramp(32, 32, 8)).max() <= 12


def test_quality_changes_the_size() -> None:
    head, frame = build_head(64, 64), np.random.default_rng(2).integers(0, 255, (64, 64), np.uint8).tobytes()
    sizes = [
        len(render_frame(head, EXPLICIT, frame, 0, RenderRequest(quality=quality)).data) for quality in (10, 50, 95)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]


def test_animation_keeps_every_frame_and_the_speed() -> None:
    head = build_head(8, 8, frames=3, extra=[element(0x00181063, "DS", "50")])
    frames = [(index, bytes([index * 100]) * 64) for index in range(3)]
    found = render_animation(head, EXPLICIT, frames, RenderRequest(media_type="image/gif"))
    picture = Image.open(io.BytesIO(found.data))
    assert getattr(picture, "n_frames", 1) == 3
    assert picture.info["duration"] == 50
    with pytest.raises(NotAcceptable):
        render_animation(head, EXPLICIT, frames, RenderRequest())


def test_annotations_are_burnt_in_without_control_characters() -> None:
    name = element(0x00100010, "PN", "Doe^\x07Jane")
    values = np.zeros((128, 256), np.uint8)
    head = build_head(128, 256, extra=[name, element(0x00080060, "CS", "CT")])
    marked = draw(head, values, annotations=("patient",))
    assert marked[:32, :128].any()
    assert not marked[96:].any()
    assert draw(head, values, annotations=("technique",))[96:, :128].any()


def test_icc_profiles() -> None:
    head, frame = build_head(8, 8, samples=3, photometric="RGB"), bytes(192)
    for wish, embedded in (("no", False), ("srgb", True)):
        found = render_frame(head, EXPLICIT, frame, 0, RenderRequest(icc_profile=wish))
        assert ("icc_profile" in Image.open(io.BytesIO(found.data)).info) is embedded
    with pytest.raises(BadRequest):
        render_frame(head, EXPLICIT, frame, 0, RenderRequest(icc_profile="rommrgb"))


@pytest.mark.parametrize(
    "text", ["", "1", "a,b", "10,10,1", "10,10,1,2,3", "10,10,1,2,3,x", "inf,5", "5,5,nan,1,1,1e99"]
)
def test_wrong_viewports(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_viewport(text)


def test_right_viewports_and_windows() -> None:
    assert parse_viewport("100,50") == Viewport(100, 50)
    assert parse_viewport("100,50,,,-20,") == Viewport(100, 50, None, None, -20.0, None)
    assert parse_window("40,400") == Window(40, 400)
    assert parse_window("0.5, 0.1 ,sigmoid") == Window(0.5, 0.1, "SIGMOID")
    for text in ("40", "40,0", "40,400,cubic", "nan,4", "1,inf", "40,0.5,linear"):
        with pytest.raises(BadRequest):
            parse_window(text)


def _state(*parts: bytes) -> bytes:
    ordered: list[bytes] = sorted(parts, key=tag_order)
    return b"".join(ordered)


def _for_this_image(*parts: bytes) -> bytes:
    reference = sequence(0x00081140, element(0x00081155, "UI", "1.2.3.4"))
    return _state(reference, *parts)


def test_presentation_state_replaces_the_grey_pipeline() -> None:
    window = element(0x00281050, "DS", "50") + element(0x00281051, "DS", "10")
    state = _state(sequence(0x00283110, _for_this_image(window)), element(0x20500020, "CS", "INVERSE"))
    head = build_head(1, 3, extra=[element(0x00281050, "DS", "1"), element(0x00281051, "DS", "1")])
    found = draw(head, np.array([0, 50, 100], np.uint8), state=state)
    assert (found[0, 0], found[0, 2]) == (255, 0)
    assert 100 < found[0, 1] < 156


def test_presentation_state_for_another_image_has_no_window_for_this_one() -> None:
    window = element(0x00281050, "DS", "50") + element(0x00281051, "DS", "2")
    other = _state(sequence(0x00081140, element(0x00081155, "UI", "9.9")), window)
    found = draw(build_head(1, 3), np.array([0, 49, 255], np.uint8), state=_state(sequence(0x00283110, other)))
    assert found[0].tolist() == [0, 49, 255]


@pytest.mark.parametrize(("rotation", "turns"), [(90, -1), (180, 2), (270, 1)])
@pytest.mark.parametrize("flip", ["N", "Y"])
def test_presentation_state_turns_then_mirrors(rotation: int, turns: int, flip: str) -> None:
    values = ramp(4, 6, 8)
    state = _state(element(0x00700041, "CS", flip), element(0x00700042, "US", rotation))
    expected = np.rot90(values, turns)
    if flip == "Y":
        expected = expected[:, ::-1]
    assert np.array_equal(draw(build_head(4, 6), values, state=state), expected)


def test_displayed_area_crops_and_pads() -> None:
    values = ramp(10, 10, 8) // 2 + 100
    inside = element(0x00700052, "SL", struct.pack("<2i", 3, 2)) + element(0x00700053, "SL", struct.pack("<2i", 6, 9))
    state = _state(sequence(0x0070005A, inside))
    assert np.array_equal(draw(build_head(10, 10), values, state=state), values[1:9, 2:6])
    beyond = element(0x00700052, "SL", struct.pack("<2i", -1, 1)) + element(
        0x00700053, "SL", struct.pack("<2i", 10, 10)
    )
    found = draw(build_head(10, 10), values, state=_state(sequence(0x0070005A, beyond)))
    assert found.shape == (10, 12)
    assert not found[:, :2].any()


def test_shutters() -> None:
    values = np.full((20, 20), 200, np.uint8)
    rectangle = [
        element(0x00181600, "CS", "RECTANGULAR"),
        element(0x00181602, "IS", "6"),
        element(0x00181604, "IS", "15"),
        element(0x00181606, "IS", "3"),
        element(0x00181608, "IS", "10"),
    ]
    expected = np.zeros((20, 20), int)
    expected[2:10, 5:15] = 200
    assert np.array_equal(draw(build_head(20, 20, extra=rectangle), values), expected)
    circle = [
        element(0x00181600, "CS", "CIRCULAR"),
        element(0x00181610, "IS", "10\\10"),
        element(0x00181612, "IS", "5"),
    ]
    shown = draw(build_head(20, 20, extra=circle), values) > 0
    assert abs(int(shown.sum()) - 81) <= 4
    polygon = [element(0x00181600, "CS", "POLYGONAL"), element(0x00181620, "IS", "5\\5\\5\\15\\15\\15\\15\\5")]
    shown = draw(build_head(20, 20, extra=polygon), values) > 0
    assert shown[5:14, 5:14].all()
    assert not shown[:4].any()


def test_graphics_are_drawn_where_they_belong_after_turning() -> None:
    line = (
        element(0x00700005, "CS", "PIXEL")
        + element(0x00700021, "US", 2)
        + element(0x00700022, "FL", struct.pack("<4f", 2.5, 0.5, 2.5, 19.5))
        + element(0x00700023, "CS", "POLYLINE")
    )
    note = _for_this_image(element(0x00700002, "CS", "L"), sequence(0x00700009, line))
    layer = element(0x00700002, "CS", "L") + element(0x00700062, "IS", "1") + element(0x00700066, "US", 0xFFFF)
    state = _state(sequence(0x00700001, note), sequence(0x00700060, layer), element(0x00700042, "US", 90))
    found = draw(build_head(20, 20), np.zeros((20, 20), np.uint8), state=state)
    assert found[2, 1:19].all()
    assert not found[4:].any()


def test_graphics_in_color_and_text_in_the_display() -> None:
    text = (
        element(0x00700003, "CS", "DISPLAY")
        + element(0x00700006, "ST", "Hello")
        + element(0x00700010, "FL", struct.pack("<2f", 0.5, 0.5))
        + element(0x00700011, "FL", struct.pack("<2f", 1.0, 1.0))
    )
    layer = element(0x00700002, "CS", "L") + element(0x00700067, "US", [0xFFFF, 0, 0])
    note = _state(element(0x00700002, "CS", "L"), sequence(0x00700008, text))
    state = _state(sequence(0x00700001, note), sequence(0x00700060, layer))
    found = draw(build_head(64, 64), np.zeros((64, 64), np.uint8), state=state)
    assert found.shape == (64, 64, 3)
    assert found[32:, 32:, 0].any()
    assert not found[:, :, 1:].any()


def test_rescale_identity_does_not_copy() -> None:
    values = ramp(4, 4, 12)
    assert Rescale().apply(values) is values
