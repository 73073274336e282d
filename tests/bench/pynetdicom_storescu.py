"""How is pynetdicom's storescu run without the race in which it loses answers? Same options, same program.

Who sends with pynetdicom 3.0 pauses the thread of its reactor first, and takes it for paused while that thread has been
told to go on and is not awake yet (association.py: `_is_paused` is still set when `_reactor_checkpoint` is cleared
again). Awake, it reads the answer to what is being sent, and drops it; the sender waits until its time is over. That
happens once in some thousand messages when answers come at once, and to most runs on a busy machine. Here the thread
puts an answer back that is not meant for it; nothing else is changed.
"""

from __future__ import annotations

import sys
from typing import Any

from pynetdicom.apps.storescu import storescu
from pynetdicom.association import Association

_run: Any = storescu.main
_serve = Association._serve_request


def _serve_or_put_back(self: Association, msg: Any, context_id: int) -> None:
    if getattr(msg, "MessageIDBeingRespondedTo", None) is None:
        _serve(self, msg, context_id)
    else:
        self.dimse.msg_queue.put((context_id, msg))


Association._serve_request = _serve_or_put_back  # type: ignore[method-assign]
_run(sys.argv[1:])
