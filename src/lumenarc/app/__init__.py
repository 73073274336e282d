"""How the program is put together: opens the archive, starts the doors, says it is ready, drains when told to stop.

With one worker this process serves (process.py). With more it binds the ports, forks the workers and looks after them
(workers.py); the archive is opened in each of them, for no database connection may cross a fork.
"""

from __future__ import annotations

from contextlib import closing

from lumenarc import log
from lumenarc.app.opening import (
    allow_many_files,
    check_public,
    check_users,
    listen,
    listening_for_hl7,
    only_one,
    recovered,
)
from lumenarc.app.process import Place, Ports, Ready, counted, run
from lumenarc.app.workers import Workers
from lumenarc.config import Settings
from lumenarc.metrics import Table
from lumenarc.transport.board import Board

__all__ = ["listen", "serve"]


def serve(settings: Settings) -> int:
    """Run the archive until SIGTERM or SIGINT; return the exit code.

    Raises BadSetting for an address that may not be listened on, Unavailable when a port or the data folder is taken.
    """
    log.configure(settings.log_level, settings.log_format)
    check_public(settings)
    allow_many_files()
    with (
        closing(listen(settings.host, settings.http_port)) as http,
        closing(listen(settings.host, settings.dicom_port)) as dicom,
        listening_for_hl7(settings) as hl7,
        only_one(settings),
        recovered(settings) as (archive, report),
    ):
        check_users(archive)
        ports = Ports(http, dicom, hl7)
        ready = Ready.of(settings, ports)
        if settings.workers == 1:
            place = Place(Board(1, settings.max_associations).seat(), Table(counted()).meter())
            run(archive, ports, place, ready.say)
            return 0
        archive.index.close()
        workers = Workers(settings, ports, ready.say)
        code = workers.run()
        report.look_again = workers.n_died > 0
        return code
