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


def projection(n_pixels: int) -> NDArray[np.uint16]:
    """Draw a chest radiograph of 12 bits: the attenuation of the phantom, summed from front to back; bone is bright."""
    volume = with_ribs(drawn(CHEST, (n_pixels // 2, 48, n_pixels // 2), -1000))
    path = np.clip(volume + 1000, 0, 3000).mean(axis=1) / 10
    path = path.repeat(2, axis=0).repeat(2, axis=1)
    path = path + np.random.default_rng(11).standard_normal(path.shape, dtype=np.float32) * 0.25
    scaled = np.clip(path / np.quantile(path, 0.999), 0, 1) ** 0.8
    return np.asarray(np.rint(scaled * 4095), np.uint16)


def beating(n_frames: int, rows: int, columns: int) -> NDArray[np.uint8]:
    """Draw an ultrasound sector with a ventricle that beats once: array [frame, row, column, RGB]."""
    rng = np.random.default_rng(23)
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
