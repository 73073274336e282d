"""How are graphics and text drawn onto a finished image? (PS3.3 C.10.5.1.2 shapes; PS3.18 8.3.5.1.1 burnt-in
text)"""

from __future__ import annotations

import math
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.presentation import Graphic

Point = tuple[float, float]
Place = Callable[[float, float], Point]
_ARC_STEPS = 90


def draw_graphics(picture: Image.Image, graphics: list[Graphic], place: Place) -> Image.Image:
    """Draw shapes and texts; `place` maps image pixels to positions on `picture`. Grey pictures may turn
    RGB."""
    if any(len(set(graphic.color)) > 1 for graphic in graphics) and picture.mode == "L":
        picture = picture.convert("RGB")
    pen = ImageDraw.Draw(picture)
    size = picture.size
    for graphic in graphics:
        color = graphic.color if picture.mode == "RGB" else graphic.color[0]

        def put(point: Point, in_display: bool = graphic.in_display) -> Point:
            return (point[0] * size[0], point[1] * size[1]) if in_display else place(*point)

        if graphic.kind == "TEXT":
            _draw_lines(pen, put(graphic.points[0]), graphic.text, color, _font(size[1]))
        else:
            _draw_shape(pen, graphic, put, color)
    return picture


def _draw_shape(
    pen: ImageDraw.ImageDraw, graphic: Graphic, put: Callable[[Point], Point], color: int | tuple[int, ...]
) -> None:
    if graphic.kind == "POINT":
        x, y = put(graphic.points[0])
        pen.line([(x - 3, y), (x + 3, y)], fill=color)
        pen.line([(x, y - 3), (x, y + 3)], fill=color)
        return
    outline = [put(point) for point in _outline(graphic)]
    if len(outline) < 2:
        return
    if graphic.filled and len(outline) > 2:
        pen.polygon(outline, fill=color)
    else:
        pen.line(outline, fill=color, width=1)


def _outline(graphic: Graphic) -> list[Point]:
    points = list(graphic.points)
    if graphic.kind == "CIRCLE" and len(points) >= 2:
        (x, y), (px, py) = points[:2]
        radius = math.hypot(px - x, py - y)
        return _arc((x, y), (radius, 0.0), (0.0, radius))
    if graphic.kind == "ELLIPSE" and len(points) >= 4:
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[:4]
        center = ((ax + bx) / 2, (ay + by) / 2)
        return _arc(center, ((bx - ax) / 2, (by - ay) / 2), ((dx - cx) / 2, (dy - cy) / 2))
    if graphic.kind == "INTERPOLATED" and len(points) >= 3:
        return _spline(points)
    return points


def _arc(center: Point, first: Point, second: Point) -> list[Point]:
    turns = (2 * math.pi * step / _ARC_STEPS for step in range(_ARC_STEPS + 1))
    return [
        (
            center[0] + first[0] * math.cos(turn) + second[0] * math.sin(turn),
            center[1] + first[1] * math.cos(turn) + second[1] * math.sin(turn),
        )
        for turn in turns
    ]


def _spline(points: list[Point]) -> list[Point]:
    """Join points by a Catmull-Rom curve."""
    curve: list[Point] = []
    closed = points[0] == points[-1]
    n = len(points)
    for i in range(n - 1):
        before = points[i - 1] if i else (points[-2] if closed else points[0])
        a, b = points[i], points[i + 1]
        after = points[i + 2] if i + 2 < n else (points[1] if closed else points[-1])
        for step in range(8):
            t = step / 8
            curve.append((_cubic(before[0], a[0], b[0], after[0], t), _cubic(before[1], a[1], b[1], after[1], t)))
    return [*curve, points[-1]]


def _cubic(p: float, a: float, b: float, q: float, t: float) -> float:
    return a + 0.5 * t * (b - p + t * (2 * p - 5 * a + 4 * b - q + t * (3 * (a - b) + q - p)))


def draw_corner_text(picture: Image.Image, head: LazySet, wanted: tuple[str, ...], window: str) -> None:
    """Burn patient text in the top left and technique text in the bottom left corner."""
    pen = ImageDraw.Draw(picture)
    font = _font(picture.size[1])
    white: int | tuple[int, ...] = 255 if picture.mode == "L" else (255, 255, 255)
    if "patient" in wanted:
        _draw_lines(pen, (4, 4), _patient_text(head), white, font)
    if "technique" in wanted:
        text = _technique_text(head, window)
        box = pen.multiline_textbbox((0, 0), text, font=font)
        _draw_lines(pen, (4, picture.size[1] - 6 - box[3]), text, white, font)


def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=min(max(height // 32, 9), 40))


def _draw_lines(
    pen: ImageDraw.ImageDraw,
    corner: Point,
    text: str,
    color: int | tuple[int, ...],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    shown = "".join(ch if ch == "\n" or ch.isprintable() else " " for ch in text.replace("\r\n", "\n"))
    black: int | tuple[int, ...] = 0 if isinstance(color, int) else (0, 0, 0)
    for move in ((1, 1), (-1, -1), (1, -1), (-1, 1)):
        pen.multiline_text((corner[0] + move[0], corner[1] + move[1]), shown, fill=black, font=font)
    pen.multiline_text(corner, shown, fill=color, font=font)


def _patient_text(head: LazySet) -> str:
    name = head.text(0x00100010, "PN").split("=")[0].replace("^", " ").strip()
    birth, sex = head.ascii(0x00100030), head.ascii(0x00100040)
    lines = (name, head.text(0x00100020), " ".join(part for part in (birth, sex) if part))
    return "\n".join(line for line in lines if line)


def _technique_text(head: LazySet, window: str) -> str:
    exposure = [
        f"{head.ascii(tag)} {unit}"
        for tag, unit in ((0x00180060, "kV"), (0x00181151, "mA"), (0x00181152, "mAs"))
        if head.has_value(tag)
    ]
    thickness = f"{head.ascii(0x00180050)} mm" if head.has_value(0x00180050) else ""
    modality = " ".join(part for part in (head.ascii(0x00080060), head.ascii(0x00080020)) if part)
    lines = (modality, head.text(0x0008103E), " ".join(exposure), thickness, window)
    return "\n".join(line for line in lines if line)
