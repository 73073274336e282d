"""How many connections may wait for their first request without taking the file descriptors that work needs?"""

from __future__ import annotations

import resource

_MOST = 4096
_LEAST = 16


def max_waiting() -> int:
    """Return how many connections of one door may wait: a quarter of what this process may open."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(_LEAST, min(_MOST, soft // 4)) if soft != resource.RLIM_INFINITY else _MOST
