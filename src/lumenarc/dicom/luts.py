"""How do stored values become grey levels? Modality, VOI and presentation transformations (PS3.4 N.2, PS3.3
C.11)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lumenarc.dicom.codecs import Array
from lumenarc.dicom.lazy import LazySet
from lumenarc.errors import Unrenderable

MAX_LUT_ENTRIES = 65536


@dataclass(frozen=True, slots=True)
class Lut:
    """A lookup table: `values[0]` stands for input `first` and below, the last for everything above."""

    first: int
    values: Array
    bits: int

    def positions(self, inputs: Array) -> Array:
        """Give the index into `values` for each input, clamped at both ends."""
        place = inputs.astype(np.int64) - self.first
        return np.clip(place, 0, len(self.values) - 1)

    def look_up(self, inputs: Array) -> Array:
        """Give the output for each input; inputs are rounded to integers."""
        if inputs.dtype.kind == "f":
            inputs = np.rint(np.nan_to_num(inputs, posinf=1e15, neginf=-1e15))
        return self.values[self.positions(inputs)]


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window (PS3.3 C.11.2.1.2); `function` is LINEAR, LINEAR_EXACT or SIGMOID."""

    center: float
    width: float
    function: str = "LINEAR"

    def apply(self, inputs: Array) -> Array:
        """Map inputs to 0..1."""
        x = inputs.astype(np.float64)
        if self.function == "SIGMOID":
            power = np.clip(-4 * (x - self.center) / max(self.width, 1e-12), -700, 700)
            return 1 / (1 + np.exp(power))
        if self.function == "LINEAR_EXACT":
            return np.clip((x - self.center) / max(self.width, 1e-12) + 0.5, 0, 1)
        if self.width <= 1:
            return (x > self.center - 0.5).astype(np.float64)
        return np.clip((x - (self.center - 0.5)) / (self.width - 1) + 0.5, 0, 1)


@dataclass(frozen=True, slots=True)
class Rescale:
    """Output = stored × slope + intercept."""

    slope: float = 1.0
    intercept: float = 0.0

    def apply(self, inputs: Array) -> Array:
        """Map stored values to modality units."""
        if self.slope == 1.0 and self.intercept == 0.0:
            return inputs
        return inputs * np.float64(self.slope) + self.intercept


Modality = Rescale | Lut
Voi = Window | Lut


@dataclass(frozen=True, slots=True)
class GreyScale:
    """The whole grey pipeline of one frame."""

    modality: Modality = Rescale()
    voi: Voi | None = None
    """None: stretch the values found between the darkest and the brightest."""
    presentation: Lut | None = None
    inverse: bool = False

    def modality_values(self, stored: Array) -> Array:
        """Apply the modality transformation only."""
        return self.modality.look_up(stored) if isinstance(self.modality, Lut) else self.modality.apply(stored)

    def apply(self, stored: Array) -> Array:
        """Map stored values to 0 (black) .. 1 (white)."""
        values = self.modality_values(stored)
        if isinstance(self.voi, Lut):
            levels = self.voi.look_up(values) / float((1 << self.voi.bits) - 1)
        elif self.voi is not None:
            levels = self.voi.apply(values)
        else:
            levels = values.astype(np.float64)
        if self.presentation is not None:
            size = len(self.presentation.values) - 1
            place = np.clip(np.rint(levels * size), 0, size).astype(np.int64)
            levels = self.presentation.values[place] / float((1 << self.presentation.bits) - 1)
        levels = np.clip(np.nan_to_num(levels), 0.0, 1.0)
        return 1.0 - levels if self.inverse else levels


def read_lut(item: LazySet, descriptor_tag: int, data_tag: int, signed: bool) -> Lut:
    """Read a lookup table with its descriptor; `signed` says how its first input value is meant.

    Raises:
        Unrenderable: descriptor or data are broken.
    """
    n_entries, first, bits = _descriptor(item, descriptor_tag, signed)
    raw = item.raw(data_tag)
    if len(raw) < n_entries:
        raise Unrenderable("A lookup table is shorter than its descriptor says")
    if len(raw) >= 2 * n_entries:
        values = np.frombuffer(raw, f"{item.order}u2", count=n_entries)
    else:
        words = np.frombuffer(raw[: len(raw) // 2 * 2], f"{item.order}u2").astype("<u2")
        packed = words.tobytes() + (bytes(raw[-1:]) if len(raw) % 2 else b"")
        values = np.frombuffer(packed, np.uint8, count=n_entries)
        bits = min(bits, 8)
    return _checked(first, values.astype(np.int64), bits)


def _descriptor(item: LazySet, tag: int, signed: bool) -> tuple[int, int, int]:
    raw = item.raw(tag)
    if len(raw) < 6:
        raise Unrenderable("A lookup table has no descriptor")
    count, first, bits = (int(number) for number in np.frombuffer(raw[:6], f"{item.order}u2"))
    if signed and first > 0x7FFF:
        first -= 0x10000
    if not 0 < bits <= 16:
        bits = 16
    return count or MAX_LUT_ENTRIES, first, bits


def _checked(first: int, values: Array, bits: int) -> Lut:
    # Descriptors often lie about bits: never let a value exceed the range it will be divided by.
    highest = int(values.max())
    if highest >> bits:
        bits = 16
    return Lut(first, values, bits)


def read_segmented_lut(item: LazySet, descriptor_tag: int, data_tag: int, signed: bool) -> Lut:
    """Expand a segmented palette: discrete, linear and indirect segments (PS3.3 C.7.9.2).

    Raises:
        Unrenderable: the segments are broken or give another number of entries.
    """
    n_entries, first, bits = _descriptor(item, descriptor_tag, signed)
    raw = item.raw(data_tag)
    is_wide = bits > 8 or (len(raw) % 2 == 0 and _looks_wide(raw, item.order))
    layout = f"{item.order}u2" if is_wide else "u1"
    words = [int(word) for word in np.frombuffer(raw[: len(raw) // 2 * 2], layout)]
    values: list[int] = []
    _expand(words, 0, len(words), values, n_entries, is_wide)
    if len(values) < n_entries:
        raise Unrenderable("A segmented palette is shorter than its descriptor says")
    return _checked(first, np.array(values[:n_entries], np.int64), bits)


def _looks_wide(raw: memoryview, order: str) -> bool:
    """Say whether an 8-bit segmented palette is stored in words: then every high byte is 0."""
    high = np.frombuffer(raw[: len(raw) // 2 * 2], np.uint8)[1 if order == "<" else 0 :: 2]
    return not high.any()


def _expand(words: list[int], pos: int, limit: int, out: list[int], n_entries: int, wide: bool) -> None:
    while pos + 2 <= limit and len(out) < n_entries:
        opcode, length = words[pos], words[pos + 1]
        if opcode == 0:
            out.extend(words[pos + 2 : pos + 2 + length])
            pos += 2 + length
        elif opcode == 1 and out and pos + 3 <= limit:
            last, target = out[-1], words[pos + 2]
            out.extend(last + round((target - last) * step / length) for step in range(1, length + 1))
            pos += 3
        elif opcode == 2:
            pos = _expand_indirect(words, pos, out, n_entries, wide)
        else:
            raise Unrenderable("A segmented palette holds an unknown segment")


def _expand_indirect(words: list[int], pos: int, out: list[int], n_entries: int, wide: bool) -> int:
    width = 2 if wide else 4
    parts = words[pos + 2 : pos + 2 + width]
    if len(parts) < width:
        raise Unrenderable("A segmented palette ends inside a segment")
    start = sum(part << ((16 if wide else 8) * place) for place, part in enumerate(parts))
    copied = start // 2 if wide else start  # the offset counts bytes
    for _ in range(words[pos + 1]):
        if copied + 2 > len(words) or words[copied] not in (0, 1):
            raise Unrenderable("A segmented palette refers to a segment that is none")
        size = 2 + words[copied + 1] if words[copied] == 0 else 3
        _expand(words, copied, min(copied + size, len(words)), out, n_entries, wide)
        copied += size
    return pos + 2 + width


def functional_group(head: LazySet, frame_index: int, tag: int) -> LazySet | None:
    """Find a functional group's item for a frame: its own first, then the shared one (PS3.3 C.7.6.16)."""
    own = head.item(0x52009230, frame_index)
    found = own.item(tag) if own is not None else None
    if found is None:
        shared = head.item(0x52009229)
        found = shared.item(tag) if shared is not None else None
    return found


def read_modality(head: LazySet, frame_index: int, signed: bool) -> Modality:
    """Read the modality transformation: LUT sequence, functional group or rescale (PS3.3 C.11.1,
    C.7.6.16.2.9)."""
    item = head.item(0x00283000)
    if item is not None and item.has_value(0x00283002):
        return read_lut(item, 0x00283002, 0x00283006, signed)
    source = functional_group(head, frame_index, 0x00289145) or head
    slope, intercept = source.number(0x00281053, 1.0), source.number(0x00281052, 0.0)
    if not (np.isfinite(slope) and np.isfinite(intercept)) or slope == 0:
        return Rescale()
    return Rescale(slope, intercept)


def read_voi(source: LazySet, frame_index: int, signed: bool, index: int = 0) -> Voi | None:
    """Read the VOI transformation `index`: windows first, then LUTs (PS3.3 C.11.2); None when there is
    none."""
    group = functional_group(source, frame_index, 0x00289132) or source
    centers, widths = group.numbers(0x00281050), group.numbers(0x00281051)
    function = group.ascii(0x00281056) or "LINEAR"
    windows = [
        # LINEAR is undefined below a width of 1: data in small units mean the exact form.
        Window(center, width, "LINEAR_EXACT" if function == "LINEAR" and width < 1 else function)
        for center, width in zip(centers, widths, strict=False)
        if np.isfinite(center) and np.isfinite(width) and width > 0
    ]
    if windows:
        return windows[min(index, len(windows) - 1)]
    lut = source.item(0x00283010)
    if lut is not None and lut.has_value(0x00283006):
        return read_lut(lut, 0x00283002, 0x00283006, signed)
    return None


def stretch_window(values: Array, ignored: Array | None) -> Window:
    """Make the window that shows everything from the darkest to the brightest value that is not ignored."""
    used = values if ignored is None or ignored.all() else values[~ignored]
    if used.dtype.kind == "f":
        used = used[np.isfinite(used)]
    if used.size == 0:
        return Window(0.5, 1.0, "LINEAR_EXACT")
    low, high = float(used.min()), float(used.max())
    if high <= low:
        return Window(low + 0.5, 1.0, "LINEAR_EXACT")
    return Window((low + high) / 2, high - low, "LINEAR_EXACT")


def padding_mask(head: LazySet, stored: Array, signed: bool) -> Array | None:
    """Say which stored values are Pixel Padding Value or in its range (PS3.3 C.7.5.1.1.2); None: no
    padding."""
    vr = "SS" if signed else "US"
    first = head.numbers(0x00280120, vr)
    if not first:
        return None
    last = head.numbers(0x00280121, vr) or first
    ends = [value - 0x10000 if signed and value > 0x7FFF else value for value in (first[0], last[0])]
    low, high = min(ends), max(ends)
    return (stored >= low) & (stored <= high)
