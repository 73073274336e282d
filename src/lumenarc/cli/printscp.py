"""`lumenarc printscp`: a film printer that writes its films into files (Print Management as SCP, PS3.4 H)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli.dimse_options import add_listen, listening
from lumenarc.cli.frame import Report, ToolParser, printable

if TYPE_CHECKING:
    from lumenarc.dicom.film import Printable
    from lumenarc.dicom.film_picture import Page
    from lumenarc.services.print_session import Job, Printer


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "printscp",
        "Take films to be printed (Basic Grayscale and Color Print Management, with Presentation LUT, Annotation Box\n"
        "and Print Job) and write each print job into a PDF, or each film into a PNG.",
        (
            "lumenarc printscp -b 11120 --directory films",
            "lumenarc printscp -b PRINTSCP:11120 --format PNG --dpi 150 --directory films --json",
            "lumenarc printscp -b 11120 --film-size A4 --max-density 280 --accept MODALITY --directory films",
        ),
    )
    found.add_argument("--directory", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)")
    found.add_argument("--format", choices=("PDF", "PNG"), default="PDF", help="of the files (default PDF)")
    found.add_argument("--dpi", type=int, default=300, metavar="N", help="dots an inch; twice that for HIGH (300)")
    found.add_argument("--film-size", default="14INX17IN", metavar="ID", help="size when none is asked for (14INX17IN)")
    found.add_argument("--min-density", type=int, default=20, metavar="N", help="the brightest, 1/100 OD (default 20)")
    found.add_argument("--max-density", type=int, default=300, metavar="N", help="the darkest, 1/100 OD (default 300)")
    found.add_argument("--name", default="LUMENARC", help="name of the printer (default LUMENARC)")
    add_listen(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = parser().parse_args(arguments)
    options.tool = "printscp"
    from lumenarc.cli.building import new_uid
    from lumenarc.cli.listening import Listener
    from lumenarc.dicom.film import SIZES_MM, Printable
    from lumenarc.errors import BadRequest
    from lumenarc.services.print_session import MAX_DPI, Printer
    from lumenarc.services.printing import MAX_DATA_SET_BYTES, SERVICES, PrintService

    if options.film_size not in SIZES_MM or not 20 <= options.dpi <= MAX_DPI:
        raise BadRequest(f"Films are {', '.join(SIZES_MM)}, with 20 to {MAX_DPI} dots an inch.")
    if not 0 <= options.min_density < options.max_density <= 450:
        raise BadRequest("Densities are 0 to 450, the lower one first.")
    report = Report(options)
    title, where = listening(options)
    can = Printable(options.min_density, options.max_density, options.film_size)
    printer = Printer(options.name, can, datetime.now, new_uid, options.dpi)
    printer.description = {
        "00080070": {"vr": "LO", "Value": ["Lumenarc"]},
        "00081090": {"vr": "LO", "Value": ["printscp"]},
    }
    options.directory.mkdir(parents=True, exist_ok=True)
    writer = _Writer(options.directory, options.format, printer, report)
    service = PrintService(printer, writer.write)
    listener = Listener(title, options.accept)
    for uid in SERVICES:
        listener.services[uid] = service.serve
    return listener.serve(replace(where, max_data_set_bytes=MAX_DATA_SET_BYTES), report)


class _Writer:
    def __init__(self, folder: Path, form: str, printer: Printer, report: Report) -> None:
        self._folder, self._form, self._printer, self._report = folder, form, printer, report
        self._can: Printable = printer.can
        self._n_jobs = 0

    def write(self, job: Job) -> None:
        """Draw the films of a job and write them."""
        from lumenarc.cli.part10_file import written
        from lumenarc.dicom import film_pdf
        from lumenarc.dicom.film import first

        self._n_jobs += 1
        stem = f"{job.created.strftime('%Y%m%d-%H%M%S')}-{self._n_jobs:04d}"
        label = printable(str(first(job.session, "20000050")))
        pictures = map(self._drawn, job.pages)
        if self._form == "PDF":
            made = [(f"{stem}.pdf", film_pdf.write(pictures, label or "Film"))]
        else:
            made = [(f"{stem}-{number}.png", iter((data,))) for number, data in enumerate(pictures, 1)]
        for name, parts in made:
            with written(self._folder / name) as stream:
                stream.writelines(parts)
        self._tell(job, [name for name, _parts in made])

    def _drawn(self, page: Page) -> bytes:
        from lumenarc.dicom import film_picture

        dpi = self._printer.resolution(page.settings)
        return film_picture.write_png(film_picture.draw(page, dpi, self._can), dpi)

    def _tell(self, job: Job, names: list[str]) -> None:
        from lumenarc.dicom.film import first

        files = [str(self._folder / name) for name in names]
        fields = {"calling": job.calling, "job": job.uid, "files": files, "films": len(job.pages)}
        fields["images"] = sum(len(page.boxes) for page in job.pages)
        said = {"copies": "20000010", "priority": "20000020", "medium": "20000030", "destination": "20000040",
                "label": "20000050"}  # fmt: skip
        fields |= {name: first(job.session, tag) for name, tag in said.items() if first(job.session, tag) != ""}
        sizes = [page.settings.size for page in job.pages]
        self._report.result(f"{job.calling}: {', '.join(files)}", fields | {"sizes": sizes})
