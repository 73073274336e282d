"""What do made-up images look like? Phantoms drawn by formula, so that an empty archive has something to show.

No person was ever in front of a machine for them: `SyntheticData` (0008,001C) says so in every object, and the numbers
(HU values, spacings) are right, so that measuring on them makes sense. Volumes are arrays [z, y, x].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Volume = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """A body of one value; centre and half axes (x, y, z) in units of the half field of view; z in -1 … 1."""

    centre: tuple[float, float, float]
    axes: tuple[float, float, float]
    value: float


CHEST = (
    Ellipsoid((0, 0.05, 0), (0.86, 0.62, 3.0), -95),  # fat
    Ellipsoid((0, 0.05, 0), (0.82, 0.58, 3.0), 45),  # muscle
    Ellipsoid((0, 0.05, -0.1), (0.72, 0.49, 1.35), -60),
    Ellipsoid((-0.37, 0.03, -0.05), (0.29, 0.42, 0.95), -845),  # lungs
    Ellipsoid((0.37, 0.03, -0.05), (0.29, 0.42, 0.95), -845),
    Ellipsoid((0.10, -0.10, 0.12), (0.25, 0.23, 0.42), 40),  # heart
    Ellipsoid((0.12, -0.12, 0.12), (0.14, 0.12, 0.26), 180),  # a ventricle with contrast
    Ellipsoid((-0.03, 0.14, 0), (0.055, 0.055, 3.0), 220),  # aorta
    Ellipsoid((0.0, 0.02, -0.55), (0.05, 0.05, 0.45), -990),  # trachea
    Ellipsoid((-0.34, -0.02, 0.95), (0.40, 0.38, 0.42), 62),  # liver
    Ellipsoid((0.0, 0.36, 0), (0.13, 0.11, 3.0), 230),  # spine
    Ellipsoid((0.0, 0.46, 0), (0.035, 0.10, 3.0), 280),
    Ellipsoid((0.0, 0.36, 0), (0.09, 0.075, 3.0), 130),
    Ellipsoid((0.44, 0.10, -0.25), (0.045, 0.045, 0.055), 35),  # a nodule, to be found
)

# (centre, axes, value under T1, value under T2)
_HEAD: tuple[tuple[tuple[float, float, float], tuple[float, float, float], float, float], ...] = (
    ((0, 0, 0), (0.72, 0.90, 1.05), 700, 420),  # scalp
    ((0, 0, 0), (0.68, 0.86, 1.00), 90, 60),  # skull
    ((0, 0, 0), (0.62, 0.80, 0.94), 250, 950),  # fluid
    ((0, 0, 0), (0.595, 0.775, 0.91), 470, 560),  # grey matter
    ((-0.27, 0, 0.05), (0.25, 0.62, 0.70), 640, 420),  # white matter
    ((0.27, 0, 0.05), (0.25, 0.62, 0.70), 640, 420),
    ((-0.10, 0.05, 0.12), (0.07, 0.26, 0.28), 230, 980),  # ventricles
    ((0.10, 0.05, 0.12), (0.07, 0.26, 0.28), 230, 980),
    ((0, 0.42, -0.5), (0.32, 0.24, 0.24), 500, 540),  # cerebellum
    ((0.30, -0.30, 0.10), (0.09, 0.08, 0.10), 380, 900),  # a lesion, to be found
)


def head(weight: str) -> tuple[Ellipsoid, ...]:
    """Return the bodies of a head under "T1" or "T2" weighting."""
    return tuple(Ellipsoid(centre, axes, t1 if weight == "T1" else t2) for centre, axes, t1, t2 in _HEAD)


def drawn(bodies: tuple[Ellipsoid, ...], shape: tuple[int, int, int], outside: float) -> Volume:
    """Draw bodies over one another, the last on top."""
    z, y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    volume = np.full(shape, outside, np.float32)
    for body in bodies:
        squares, part = [], []
        for grid, centre, half in zip((z, y, x), reversed(body.centre), reversed(body.axes), strict=True):
            inside = slice(*np.searchsorted(grid, (centre - half, centre + half)))
            part.append(inside)
            squares.append(((grid[inside] - centre) / half) ** 2)
        is_body = squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :] <= 1
        volume[tuple(part)][is_body] = body.value
    return volume


def with_ribs(volume: Volume) -> Volume:
    """Add ribs to a chest: arcs in the wall that sink towards the front."""
    z, y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in volume.shape)
    is_wall = np.abs(np.hypot(x[None, :] / 0.76, (y[:, None] - 0.05) / 0.53) - 1) < 0.035
    for number in np.flatnonzero(np.abs(z) < 0.95):
        is_rib = np.mod((z[number] + 0.35 * (y - 0.05)) * 5.5, 1) < 0.38
        volume[number][is_wall & is_rib[:, None]] = 420
    return volume


def noisy(volume: Volume, sigma: float, seed: int) -> NDArray[np.int16]:
    """Add the noise of a detector, always the same for a seed, and round."""
    noise = np.random.default_rng(seed).standard_normal(volume.shape, dtype=np.float32) * sigma
    return np.clip(np.rint(volume + noise), -32768, 32767).astype(np.int16)


def projection(n_pixels: int, seed: int = 11, axis: int = 1) -> NDArray[np.uint16]:
    """Draw a chest radiograph of 12 bits: the attenuation of the phantom, summed along an axis; bone is bright.

    `axis` 1 looks from front to back, 2 from the side.
    """
    shape = (n_pixels // 2, 48, n_pixels // 2) if axis == 1 else (n_pixels // 2, n_pixels // 2, 48)
    volume = with_ribs(drawn(CHEST, shape, -1000))
    path = np.clip(volume + 1000, 0, 3000).mean(axis=axis) / 10
    path = path.repeat(2, axis=0).repeat(2, axis=1)
    path = path + np.random.default_rng(seed).standard_normal(path.shape, dtype=np.float32) * 0.25
    scaled = np.clip(path / np.quantile(path, 0.999), 0, 1) ** 0.8
    return np.asarray(np.rint(scaled * 4095), np.uint16)


def breast(n_pixels: int, side: str, seed: int) -> NDArray[np.uint16]:
    """Draw a mammogram of 12 bits, the chest wall at the edge; the left breast has a mass and calcifications."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : n_pixels * 1j, 0 : 1 : n_pixels * 1j].astype(np.float32)
    depth = 1 - (x / 0.72) ** 2 - (y / 0.8) ** 2
    tissue = _clouds(n_pixels, rng) * np.clip(1 - (x / 0.5) ** 2 - (y / 0.55) ** 2, 0, 1)
    image = np.where(depth > 0, 900 * np.sqrt(np.clip(depth, 0, 1)) + 1500 * tissue, 0)
    if side == "L":
        image += 900 * np.exp(-(((x - 0.3) ** 2 + (y + 0.2) ** 2) / 0.004))
        for at_x, at_y in rng.normal((0.25, 0.3), 0.03, (12, 2)):
            image += 1500 * np.exp(-(((x - at_x) ** 2 + (y - at_y) ** 2) / 0.00002))
    image = np.clip(image + rng.standard_normal(image.shape) * 20 + 60, 0, 4095)
    turned = image if side == "L" else image[:, ::-1]
    return np.asarray(np.rint(turned), np.uint16)


def _clouds(n_pixels: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw something like tissue: noise of several scales, 0 … 1."""
    found = np.zeros((n_pixels, n_pixels), np.float32)
    for n_cells, weight in ((6, 0.5), (14, 0.3), (40, 0.2)):
        coarse = rng.random((n_cells + 1, n_cells + 1), dtype=np.float32)
        at = np.linspace(0, n_cells - 1e-3, n_pixels)
        low, part = at.astype(int), (at % 1).astype(np.float32)
        rows = coarse[low] * (1 - part)[:, None] + coarse[low + 1] * part[:, None]
        found += weight * (rows[:, low] * (1 - part) + rows[:, low + 1] * part)
    return found


def filling(n_frames: int, n_pixels: int, seed: int) -> NDArray[np.uint8]:
    """Draw an angiogram: contrast runs down a tree of vessels; array [frame, row, column]."""
    rng = np.random.default_rng(seed)
    grid = np.linspace(0, 1, n_pixels, dtype=np.float32)
    arrival = np.full((n_pixels, n_pixels), np.inf, np.float32)
    branches = [(0.45, 0.05, 0.0, 0.035, 0.0)]
    while branches:
        at_x, at_y, heading, width, when = branches.pop()
        for _ in range(49):
            at_x, at_y, when = at_x + 0.004 * np.sin(heading), at_y + 0.004 * np.cos(heading), when + 0.004
            heading += rng.normal(0, 0.06)
            near = (grid[None, :] - at_x) ** 2 + (grid[:, None] - at_y) ** 2 < (width / 2) ** 2
            arrival[near] = np.minimum(arrival[near], when)
        if width > 0.009:
            branches += [(at_x, at_y, heading + turn, width * 0.72, when) for turn in (-0.45, 0.4)]
    background = 170 - 40 * _clouds(n_pixels, rng)
    frames = np.empty((n_frames, n_pixels, n_pixels), np.uint8)
    for number in range(n_frames):
        front = 1.3 * (number + 1) / n_frames
        shadow = np.clip((front - arrival) * 8, 0, 1) * 95
        noise = rng.standard_normal((n_pixels, n_pixels), dtype=np.float32) * 4
        frames[number] = np.clip(background - shadow + noise, 0, 255)
    return frames


def beating(n_frames: int, rows: int, columns: int, seed: int = 23) -> NDArray[np.uint8]:
    """Draw an ultrasound sector with a ventricle that beats once: array [frame, row, column, RGB]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    depth = np.hypot(x - columns / 2, y - 12) / (rows - 24)
    angle = np.arctan2(x - columns / 2, np.maximum(y - 12, 1e-3))
    inside = (np.abs(angle) < 0.72) & (depth < 1) & (depth > 0.04)
    speckle = rng.rayleigh(0.55, (rows, columns)).astype(np.float32)
    frames = np.zeros((n_frames, rows, columns, 3), np.uint8)
    for number in range(n_frames):
        phase = 2 * np.pi * number / n_frames
        half_x, half_y = (part * (1 + 0.16 * np.cos(phase)) for part in (columns * 0.17, rows * 0.24))
        wall = ((x - columns * 0.5) / half_x) ** 2 + ((y - rows * 0.55) / half_y) ** 2
        tissue = np.where(wall < 0.72, 0.05, np.where(wall < 1.2, 0.75, 0.36)).astype(np.float32)
        grey = np.where(inside, tissue * np.roll(speckle, number // 3, axis=0) * (1.1 - 0.5 * depth), 0)
        frames[number] = np.clip(grey * 255, 0, 255).astype(np.uint8)[..., None]
    return frames


def tunnel(n_frames: int, rows: int, columns: int, seed: int) -> NDArray[np.uint8]:
    """Draw what an endoscope sees on its way: folds that come nearer, a polyp; array [frame, row, column, RGB]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    distance, angle = np.hypot(x, y) + 0.05, np.arctan2(y, x)
    grain = rng.standard_normal((rows, columns), dtype=np.float32) * 5
    frames = np.empty((n_frames, rows, columns, 3), np.uint8)
    for number in range(n_frames):
        way = number / n_frames
        folds = 0.75 + 0.25 * np.sin(6 / distance + 2 * np.pi * way + 0.4 * np.sin(3 * angle))
        light = np.clip(distance * 1.3, 0, 1) * folds * 215
        size = 0.05 + 0.12 * way
        polyp = np.exp(-(((x - 0.1 - 0.5 * way) ** 2 + (y + 0.1 + 0.3 * way) ** 2) / size**2)) * 60
        for channel, (gain, extra) in enumerate(((1.0, 1.0), (0.55, 0.3), (0.45, 0.35))):
            frames[number, ..., channel] = np.clip(light * gain + polyp * extra + grain, 0, 255)
    return frames
