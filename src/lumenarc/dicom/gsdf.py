"""How bright does a density of film look? The Grayscale Standard Display Function (PS3.14 7.1, Annex B).

Luminance is in cd/m², density in hundredths of optical density, as the attributes of print management count it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# PS3.14 Equation 7-1: luminance from the JND index.
_NUMERATOR = (-1.3011877, 8.0242636e-2, 1.3646699e-1, -2.5468404e-2, 1.3635334e-3)
_DENOMINATOR = (1.0, -2.5840191e-2, -1.0320229e-1, 2.8745620e-2, -3.1978977e-3, 1.2992634e-4)
# PS3.14 Equation 7-2: JND index from the luminance.
_INDEX = (
    71.498068, 94.593053, 41.912053, 9.8247004, 0.28175407, -1.1878455, -0.18014349, 0.14710899, -0.017046845,
)  # fmt: skip
LEAST, MOST = 0.05, 4000.0
"""The range of luminance that the function is defined for."""


def luminance(index: float) -> float:
    """Return the luminance of a JND index, 1 to 1023."""
    log = math.log(index)
    above = sum(factor * log**power for power, factor in enumerate(_NUMERATOR))
    below = sum(factor * log**power for power, factor in enumerate(_DENOMINATOR))
    return float(10 ** (above / below))


def jnd_index(of_luminance: float) -> float:
    """Return the JND index of a luminance; what lies outside the function's range counts as its end."""
    log = math.log10(min(max(of_luminance, LEAST), MOST))
    return sum(factor * log**power for power, factor in enumerate(_INDEX))


@dataclass(frozen=True, slots=True)
class Viewing:
    """Where a film hangs: light box and reflected ambient light (the defaults of PS3.3 C.13.3), and its densities."""

    illumination: float = 2000.0
    reflected: float = 10.0
    min_density: int = 20
    max_density: int = 300

    def level(self, density: float) -> float:
        """Return how bright a density looks, from 0 (the darkest this film can be) to 1, in equal steps of seeing."""
        darkest, brightest = self._index(self.max_density), self._index(self.min_density)
        found = (self._index(density) - darkest) / max(brightest - darkest, 1e-9)
        return min(max(found, 0.0), 1.0)

    def _index(self, density: float) -> float:
        return jnd_index(self.reflected + self.illumination * 10.0 ** (-density / 100.0))
