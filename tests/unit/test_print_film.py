"""Do films look as print management says, and do its objects answer as PS3.4 H says?"""

from __future__ import annotations

import base64
import io
import re
from datetime import datetime
from itertools import count
from typing import Any

import numpy as np
import PIL.Image
import pytest

from lumenarc.dicom import film_pdf, film_picture, gsdf
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.encode import encode
from lumenarc.dicom.film import BadValue, FilmSettings, ImageSettings, Printable, cells, first, read_film
from lumenarc.dicom.film_picture import Box, Page, PrintImage, Tone
from lumenarc.dicom.luts import Lut
from lumenarc.errors import Corrupt
from lumenarc.protocol.dimse import commands
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.services import print_session
from lumenarc.services.print_session import (
    ANNOTATION,
    FILM,
    GRAYSCALE,
    GREY_BOX,
    JOB,
    LUT,
    PRINTER,
    SESSION,
    Printer,
    PrintSession,
)
from lumenarc.transport.requests import Response

EXPLICIT = "1.2.840.10008.1.2.1"
CAN = Printable()


# The function itself: values of PS3.14 Table B-1.
@pytest.mark.parametrize(("index", "light"), [(1, 0.05), (100, 1.8508), (500, 119.1317), (1023, 3993.404)])
def test_the_display_function_is_that_of_the_standard(index: int, light: float) -> None:
    assert gsdf.luminance(index) == pytest.approx(light, rel=1e-3)
    assert gsdf.jnd_index(gsdf.luminance(index)) == pytest.approx(index, abs=0.15)


def test_densities_look_darker_the_higher_they_are() -> None:
    levels = [gsdf.Viewing().level(density) for density in range(0, 400, 10)]
    assert levels == sorted(levels, reverse=True)
    assert (levels[2], levels[30], levels[0], levels[-1]) == (1.0, 0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("display_format", "corners"),
    [
        ("STANDARD\\2,1", [(0, 0), (0.5, 0)]),
        ("STANDARD\\1,2", [(0, 0), (0, 0.5)]),
        ("ROW\\1,2", [(0, 0), (0, 0.5), (0.5, 0.5)]),
        ("COL\\2,1", [(0, 0), (0, 0.5), (0.5, 0)]),
    ],
)
def test_boxes_stand_in_the_order_of_their_positions(display_format: str, corners: list[tuple[float, float]]) -> None:
    assert [(cell.left, cell.top) for cell in cells(display_format)] == corners
    assert sum(cell.width * cell.height for cell in cells(display_format)) == pytest.approx(1)


@pytest.mark.parametrize("display_format", ["", "SLIDE", "CUSTOM\\1", "STANDARD\\0,1", "STANDARD\\1", "ROW\\1,x",
                                            "STANDARD\\1000,1000", "COL\\257", "ROW\\-1,3"])  # fmt: skip
def test_formats_that_are_none(display_format: str) -> None:
    with pytest.raises(BadValue):
        cells(display_format)


def settings(display_format: str = "STANDARD\\1,1", **more: str | int) -> FilmSettings:
    names = {"border": "20100100", "empty": "20100110", "high": "20100130", "trim": "20100140", "size": "20100050",
             "magnification": "20100060", "orientation": "20100040"}  # fmt: skip
    given: dict[str, Any] = {names[name]: {"vr": "CS", "Value": [value]} for name, value in more.items()}
    return read_film({"20100010": {"vr": "ST", "Value": [display_format]}} | given, CAN)[0]


def grey(values: list[list[int]], bits: int = 8) -> PrintImage:
    return PrintImage(np.array(values, np.uint16 if bits > 8 else np.uint8), bits, 1.0)


def drawn(film: FilmSettings, boxes: dict[int, Box], dpi: int = 50) -> np.ndarray[Any, Any]:
    return np.asarray(film_picture.draw(Page(film, boxes, {}), dpi, CAN))


def test_a_film_has_its_size_border_and_empty_boxes() -> None:
    film = drawn(settings(size="8INX10IN", border="WHITE", empty="BLACK", orientation="LANDSCAPE"), {})
    assert film.shape == (400, 500)
    assert (film[0, 0], film[200, 250]) == (255, 0)


def test_pixel_values_become_levels_as_they_are_unless_densities_are_restricted() -> None:
    image = grey([[0, 1024], [2048, 4095]], 12)
    plain = Box(image, ImageSettings(), Tone())
    film = settings(size="8INX10IN", magnification="REPLICATE")
    assert sorted(set(drawn(film, {1: plain}).ravel())) == [0, 64, 128, 255]
    negative = Box(image, ImageSettings(reverse=True), Tone())
    assert sorted(set(drawn(film, {1: negative}).ravel())) == [0, 127, 191, 255]
    pale = sorted(set(drawn(settings(size="8INX10IN", magnification="REPLICATE", high=150), {1: plain}).ravel()))
    assert pale[0] == round(gsdf.Viewing().level(150) * 255) > 60
    assert pale[-1] == 255


def test_a_presentation_lut_and_linear_density() -> None:
    image = grey([[0, 255]])
    film = settings(size="8INX10IN", magnification="REPLICATE")
    table = Lut(0, np.array([4095, 0]), 12)
    swapped = drawn(film, {1: Box(image, ImageSettings(), Tone(lut=table))})
    assert (swapped[200, 100], swapped[200, 300]) == (255, 0)
    middle = drawn(film, {1: Box(grey([[128, 128]]), ImageSettings(), Tone(linear_density=True))})
    density = 300 + 128 / 255 * (20 - 300)
    assert middle[200, 200] == round(gsdf.Viewing().level(density) * 255)


@pytest.mark.parametrize(
    ("image", "magnification", "size", "status"),
    [
        (ImageSettings(), "CUBIC", (100, 50), 0),
        (ImageSettings(), "NONE", (20, 10), 0),
        (ImageSettings(width_mm=25.4), "CUBIC", (50, 25), 0),
        (ImageSettings(width_mm=254), "CUBIC", (100, 50), 0xB604),
        (ImageSettings(width_mm=254, behaviour="DECIMATE"), "CUBIC", (100, 50), 0xB60A),
        (ImageSettings(width_mm=254, behaviour="CROP"), "CUBIC", (500, 250), 0xB609),
        (ImageSettings(width_mm=254, behaviour="FAIL"), "CUBIC", (100, 50), 0xC603),
    ],
)
def test_how_large_an_image_becomes(
    image: ImageSettings, magnification: str, size: tuple[int, int], status: int
) -> None:
    placed = film_picture.place(grey([[0] * 20] * 10), image, magnification, (100, 100), 50)
    assert (placed.width, placed.height) == size
    assert placed.status == status


def test_a_cropped_image_shows_its_middle_and_a_trim_surrounds_an_image() -> None:
    values = [[0] * 100, [0] * 40 + [255] * 20 + [0] * 40]
    film = settings(size="8INX10IN", magnification="REPLICATE")
    large = ImageSettings(width_mm=2000, behaviour="CROP")
    assert drawn(film, {1: Box(grey(values), large, Tone())})[270, 200] == 255
    trimmed = drawn(settings(size="8INX10IN", trim="YES"), {1: Box(grey([[0]]), ImageSettings(), Tone())})
    assert set(trimmed.ravel()) == {0, 255}
    assert int((trimmed == 255).sum()) < 2000


def test_colour_films_and_pdf() -> None:
    color = PrintImage(np.full((4, 4, 3), (200, 10, 20), np.uint8), 8, 1.0)
    film = film_picture.draw(Page(settings(size="A4"), {1: Box(color, ImageSettings(), Tone())}, {1: "Text"}), 50, CAN)
    assert film.getpixel((film.size[0] // 2, film.size[1] // 2)) == (200, 10, 20)
    png = film_picture.write_png(film, 50)
    read = PIL.Image.open(io.BytesIO(png))
    assert round(read.info["dpi"][0]) == 50
    pdf = b"".join(film_pdf.write([png, png], "Täst"))
    assert pdf.startswith(b"%PDF-1.4")
    assert pdf.count(b"/Type/Page/") == 2
    for place in re.findall(rb"(\d{10}) 00000 n", pdf):
        assert re.match(rb"\d+ 0 obj", pdf[int(place) :])
    with pytest.raises(Corrupt):
        list(film_pdf.write([b"\x89PNG"], ""))


# The objects


class Client:
    """Asks a session as a client over an association does."""

    def __init__(self) -> None:
        numbers = count(1)
        self.printer = Printer("P", CAN, lambda: datetime(2026, 1, 2), lambda: f"1.2.{next(numbers)}", dpi=50)
        self.session = PrintSession(self.printer, "CLIENT")
        self.context = Context(1, GRAYSCALE, EXPLICIT, True, False)

    def ask(self, field: int, class_uid: str, uid: str = "", attributes: Any = None, **more: Any) -> Response:
        data_set = b"" if attributes is None else encode(attributes, EXPLICIT, "")
        request = commands.request(field, 1, class_uid, data_set=bool(data_set), sop_instance_uid=uid, **more)
        rq = commands.decode(commands.encode(request))
        return self.session.answer(self.context, rq, data_set)

    def create(self, class_uid: str, attributes: Any) -> tuple[str, Any]:
        made = self.ask(commands.N_CREATE_RQ, class_uid, "", attributes)
        assert made.status == 0, made
        return str(made.elements[commands.AFFECTED_SOP_INSTANCE]), to_attributes(made.data_set or b"", EXPLICIT)

    def film(self, display_format: str = "STANDARD\\1,1", **more: Any) -> tuple[str, list[str]]:
        self.create(SESSION, {})
        given = {"20100010": {"vr": "ST", "Value": [display_format]}} | more
        uid, found = self.create(FILM, given)
        return uid, [first(item, "00081155") for item in found["20100510"]["Value"]]


def image(pixels: bytes = b"\x00\xff", **more: Any) -> Any:
    item = {
        "00280002": {"vr": "US", "Value": [1]}, "00280004": {"vr": "CS", "Value": ["MONOCHROME2"]},
        "00280010": {"vr": "US", "Value": [1]}, "00280011": {"vr": "US", "Value": [2]},
        "00280100": {"vr": "US", "Value": [8]}, "00280101": {"vr": "US", "Value": [8]},
        "00280102": {"vr": "US", "Value": [7]}, "00280103": {"vr": "US", "Value": [0]},
        "7FE00010": {"vr": "OW", "InlineBinary": base64.b64encode(pixels).decode()},
    }  # fmt: skip
    return {"20200110": {"vr": "SQ", "Value": [item | more]}}


def test_a_film_is_made_filled_printed_and_removed() -> None:
    client = Client()
    film, boxes = client.film("STANDARD\\2,1")
    assert client.ask(commands.N_SET_RQ, GREY_BOX, boxes[1], image()).status == 0
    printed = client.ask(commands.N_ACTION_RQ, FILM, film, action_type=1)
    assert printed.status == 0
    (job,) = client.session.queued
    assert list(job.pages[0].boxes) == [2]
    reference = first(to_attributes(printed.data_set or b"", EXPLICIT), "21000500")
    assert first(reference, "00081155") == job.uid
    found = to_attributes(client.ask(commands.N_GET_RQ, JOB, job.uid).data_set or b"", EXPLICIT)
    assert (first(found, "21000020"), first(found, "21000070")) == ("PENDING", "CLIENT")
    assert client.ask(commands.N_DELETE_RQ, FILM, film).status == 0
    assert client.ask(commands.N_ACTION_RQ, FILM, film, action_type=1).status == 0x0112


def test_empty_films_and_sessions_warn() -> None:
    client = Client()
    film, boxes = client.film()
    assert client.ask(commands.N_ACTION_RQ, FILM, film, action_type=1).status == 0xB603
    session = client.session._session
    assert client.ask(commands.N_ACTION_RQ, SESSION, session, action_type=1).status == 0xB602
    assert client.ask(commands.N_ACTION_RQ, SESSION, session, action_type=2).status == 0x0123
    assert client.ask(commands.N_SET_RQ, GREY_BOX, boxes[0], image()).status == 0
    assert client.ask(commands.N_SET_RQ, GREY_BOX, boxes[0], {"20200110": {"vr": "SQ"}}).status == 0
    assert client.ask(commands.N_ACTION_RQ, FILM, film, action_type=1).status == 0xB603
    client.ask(commands.N_DELETE_RQ, FILM, film)
    assert client.ask(commands.N_ACTION_RQ, SESSION, session, action_type=1).status == 0xC600


@pytest.mark.parametrize(
    ("field", "class_uid", "uid", "attributes", "status"),
    [
        (commands.N_CREATE_RQ, FILM, "", {"20100010": {"vr": "ST", "Value": ["CUSTOM\\1"]}}, 0x0106),
        (commands.N_CREATE_RQ, FILM, "", {}, 0x0120),
        (commands.N_CREATE_RQ, SESSION, "", {}, 0x0110),
        (commands.N_CREATE_RQ, FILM, "a.b", {"20100010": {"vr": "ST", "Value": ["STANDARD\\1,1"]}}, 0x0117),
        (commands.N_SET_RQ, FILM, "9.9", {}, 0x0112),
        (commands.N_SET_RQ, GREY_BOX, "9.9", {}, 0x0112),
        (commands.N_SET_RQ, ANNOTATION, "9.9", {}, 0x0112),
        (commands.N_DELETE_RQ, LUT, "9.9", None, 0x0112),
        (commands.N_GET_RQ, JOB, "9.9", None, 0x0112),
        (commands.N_GET_RQ, PRINTER, "9.9", None, 0x0112),
        (commands.N_CREATE_RQ, LUT, "", {}, 0x0120),
        (commands.N_CREATE_RQ, LUT, "", {"20500020": {"vr": "CS", "Value": ["INVERSE"]}}, 0x0106),
        (commands.N_GET_RQ, FILM, "9.9", None, 0x0211),
        (commands.N_CREATE_RQ, "1.2.3", "", {}, 0x0118),
    ],
)
def test_what_is_wrong_is_refused(field: int, class_uid: str, uid: str, attributes: Any, status: int) -> None:
    client = Client()
    client.film()
    assert client.ask(field, class_uid, uid, attributes).status == status


def test_images_that_cannot_be_printed() -> None:
    client = Client()
    _film, boxes = client.film()
    short = image(b"\x00\xff", **{"00280010": {"vr": "US", "Value": [100]}})
    assert client.ask(commands.N_SET_RQ, GREY_BOX, boxes[0], short).status == 0xC004
    color = image(b"\x00\xff", **{"00280004": {"vr": "CS", "Value": ["YBR_FULL"]}})
    assert client.ask(commands.N_SET_RQ, GREY_BOX, boxes[0], color).status == 0xC004
    client.printer.max_bytes = 1
    assert client.ask(commands.N_SET_RQ, GREY_BOX, boxes[0], image()).status == 0xC605
    wrong = {"20200020": {"vr": "CS", "Value": ["UPSIDE"]}}
    refused = client.ask(commands.N_SET_RQ, GREY_BOX, boxes[0], wrong)
    assert (refused.status, refused.elements[commands.ATTRIBUTE_LIST]) == (0x0106, (0x20200020,))


def test_densities_beyond_the_printer_are_clipped_with_a_warning() -> None:
    client = Client()
    client.create(SESSION, {})
    given = {"20100010": {"vr": "ST", "Value": ["STANDARD\\1,1"]}, "20100130": {"vr": "US", "Value": [400]}}
    assert client.ask(commands.N_CREATE_RQ, FILM, "", given).status == 0xB605


def test_high_resolution_has_its_end() -> None:
    client = Client()
    client.printer.dpi = 400
    high = settings()
    assert client.printer.resolution(high) == 400
    given = {"20100010": {"vr": "ST", "Value": ["STANDARD\\1,1"]}, "20200050": {"vr": "CS", "Value": ["HIGH"]}}
    assert client.printer.resolution(read_film(given, CAN)[0]) == print_session.MAX_DPI


def test_a_box_uses_the_presentation_lut_of_its_film_or_its_own() -> None:
    client = Client()
    lut, _ = client.create(LUT, {"20500020": {"vr": "CS", "Value": ["LIN OD"]}})
    reference = {"20500500": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": [lut]}}]}}
    film, boxes = client.film("STANDARD\\1,1", **reference)
    client.ask(commands.N_SET_RQ, GREY_BOX, boxes[0], image())
    client.ask(commands.N_ACTION_RQ, FILM, film, action_type=1)
    assert client.session.queued[0].pages[0].boxes[1].tone.linear_density
    assert client.ask(commands.N_DELETE_RQ, LUT, lut).status == 0


def test_annotations_are_lines_of_the_film() -> None:
    client = Client()
    client.create(SESSION, {})
    given = {"20100010": {"vr": "ST", "Value": ["STANDARD\\1,1"]}, "20100030": {"vr": "CS", "Value": ["LABEL"]}}
    film, found = client.create(FILM, given)
    line = first(found["20100520"]["Value"][1], "00081155")
    said = {"20300010": {"vr": "US", "Value": [2]}, "20300020": {"vr": "LO", "Value": ["Hello"]}}
    assert client.ask(commands.N_SET_RQ, ANNOTATION, line, said).status == 0
    client.ask(commands.N_ACTION_RQ, FILM, film, action_type=1)
    assert client.session.queued[0].pages[0].annotations == {2: "Hello"}
    assert client.ask(commands.N_GET_RQ, print_session.CONFIGURATION, "1.2").status == 0
