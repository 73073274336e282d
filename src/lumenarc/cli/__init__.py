"""The command line: `lumenarc TOOL …`; each tool is one module, named here and imported only when it is called."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import Protocol, cast

from lumenarc.errors import LumenarcError, PeerFailed

# name, module, sentence. A tool's module has `parser()`, made by `frame.ToolParser`, and `run(arguments) -> exit code`.
_ARCHIVE: tuple[tuple[str, str, str], ...] = (
    ("serve", "lumenarc.cli.serve", "Run the archive."),
    ("import", "lumenarc.cli.import_", "Bring files, folders and ZIP archives into the archive."),
    ("export", "lumenarc.cli.export", "Write studies to a folder or a ZIP, de-identified if wished."),
    ("check", "lumenarc.cli.check", "Compare index and blobs, and verify every digest."),
    ("reindex", "lumenarc.cli.reindex", "Make the index anew from the stored objects."),
    ("backup", "lumenarc.cli.backup", "Copy the running archive to a folder, what is new only."),
    ("restore", "lumenarc.cli.restore", "Make an archive of a backup, and verify it."),
    ("aet", "lumenarc.cli.aet", "List, add, change, remove and call known application entities."),
    ("user", "lumenarc.cli.user", "Make, list and change those who may sign in."),
    ("send", "lumenarc.cli.send", "Ask the running archive to send studies, and wait."),
    ("config", "lumenarc.cli.config", "Show, check and explain the settings."),
    ("docs", "lumenarc.cli.docs", "Write the generated pages of the documentation."),
    ("completion", "lumenarc.cli.completion", "Print the completions for bash, zsh or fish."),
)
_FILES: tuple[tuple[str, str, str], ...] = (
    ("dcmdump", "lumenarc.cli.dcmdump", "Show every element of DICOM files."),
    ("dcm2json", "lumenarc.cli.dcm2json", "Write DICOM files in the DICOM JSON Model."),
    ("json2dcm", "lumenarc.cli.json2dcm", "Build or patch a DICOM file from the DICOM JSON Model."),
    ("dcm2xml", "lumenarc.cli.dcm2xml", "Write DICOM files in the Native DICOM Model (XML)."),
    ("xml2dcm", "lumenarc.cli.xml2dcm", "Build or patch a DICOM file from the Native DICOM Model (XML)."),
    ("dcm2dcm", "lumenarc.cli.dcm2dcm", "Write DICOM files in another transfer syntax."),
    ("dcm2jpg", "lumenarc.cli.dcm2jpg", "Draw frames as JPEG, PNG, TIFF and other pictures."),
    ("jpg2dcm", "lumenarc.cli.jpg2dcm", "Make DICOM objects of pictures and videos."),
    ("pdf2dcm", "lumenarc.cli.pdf2dcm", "Put PDF, CDA and 3D models into DICOM objects."),
    ("dcm2pdf", "lumenarc.cli.dcm2pdf", "Get documents, videos and pictures out of DICOM objects."),
    ("dcmdir", "lumenarc.cli.dcmdir", "Write, list and bring up to date a DICOMDIR."),
    ("mkkos", "lumenarc.cli.mkkos", "Make a Key Object Selection document."),
    ("emf2sf", "lumenarc.cli.emf2sf", "Make single-frame objects of enhanced multi-frame ones."),
    ("sf2emf", "lumenarc.cli.sf2emf", "Make enhanced multi-frame objects of single frames."),
    ("dcmgen", "lumenarc.cli.dcmgen", "Make up studies of any modality, the same for a seed."),
    ("dcmmodify", "lumenarc.cli.dcmmodify", "Change attributes of DICOM files."),
    ("dcmvalidate", "lumenarc.cli.dcmvalidate", "Check DICOM files against their IOD and the rules of values."),
    ("dcmdiff", "lumenarc.cli.dcmdiff", "Show in what DICOM files differ."),
    ("dcmsort", "lumenarc.cli.dcmsort", "Sort DICOM files into folders by their attributes."),
    ("deidentify", "lumenarc.cli.deidentify", "Free DICOM files of identities (PS3.15 Annex E)."),
    ("maskpxdata", "lumenarc.cli.maskpxdata", "Make rectangles of every frame black."),
    ("fixlo2un", "lumenarc.cli.fixlo2un", "Mend private elements that are too long for their VR."),
    ("swappxdata", "lumenarc.cli.swappxdata", "Swap the bytes of pixel data in the wrong order."),
    ("planarconfig", "lumenarc.cli.planarconfig", "Tell how colour pixels lie, and mend headers that say otherwise."),
    ("dcm2str", "lumenarc.cli.dcm2str", "Print a line of attributes for every file, by a pattern."),
)
_CLIENTS: tuple[tuple[str, str, str], ...] = (
    ("echoscu", "lumenarc.cli.echoscu", "Ask whether an application entity is there (C-ECHO)."),
    ("storescu", "lumenarc.cli.storescu", "Send files to an application entity (C-STORE)."),
    ("findscu", "lumenarc.cli.findscu", "Search patients, studies, worklists … (C-FIND)."),
    ("movescu", "lumenarc.cli.movescu", "Have instances sent to another application entity (C-MOVE)."),
    ("getscu", "lumenarc.cli.getscu", "Fetch instances over the own association (C-GET)."),
    ("stgcmtscu", "lumenarc.cli.stgcmtscu", "Ask an archive to commit to the storage of instances."),
    ("mppsscu", "lumenarc.cli.mppsscu", "Tell that a procedure step has begun, and ended (MPPS)."),
    ("ianscu", "lumenarc.cli.ianscu", "Notify that instances can be had (IAN)."),
    ("upsscu", "lumenarc.cli.upsscu", "Schedule, take, change and watch procedure steps (UPS)."),
    ("printscu", "lumenarc.cli.printscu", "Have images printed on film (Print Management)."),
    ("modality", "lumenarc.cli.modality", "Do what a modality does: worklist, MPPS, C-STORE, storage commitment."),
    ("bench", "lumenarc.cli.bench", "Measure how fast an archive answers, takes, finds and gives back."),
    ("dcmassoc", "lumenarc.cli.dcmassoc", "Probe what an application entity accepts."),
)
_SERVERS: tuple[tuple[str, str, str], ...] = (
    ("dcmqrscp", "lumenarc.cli.dcmqrscp", "Serve a folder or a DICOMDIR as an archive (C-FIND, C-MOVE, C-GET)."),
    ("wlmscp", "lumenarc.cli.wlmscp", "Answer modality worklist queries from a folder of items."),
    ("mppsscp", "lumenarc.cli.mppsscp", "Take messages about performed procedure steps (MPPS)."),
    ("ianscp", "lumenarc.cli.ianscp", "Take notifications that instances can be had (IAN)."),
    ("stgcmtscp", "lumenarc.cli.stgcmtscp", "Take instances and give its word for them (storage commitment)."),
    ("printscp", "lumenarc.cli.printscp", "Be a film printer that writes its films into files (Print Management)."),
    ("storescp", "lumenarc.cli.storescp", "Receive instances into a folder (C-STORE)."),
)
_WEB: tuple[tuple[str, str, str], ...] = (
    ("qido", "lumenarc.cli.qido", "Search a DICOMweb service (QIDO-RS)."),
    ("wadors", "lumenarc.cli.wadors", "Fetch objects, metadata or pictures by their addresses (WADO-RS)."),
    ("wadouri", "lumenarc.cli.wadouri", "Fetch one object or picture (WADO-URI)."),
    ("stowrs", "lumenarc.cli.stowrs", "Send files to a DICOMweb service (STOW-RS)."),
    ("upsrs", "lumenarc.cli.upsrs", "Schedule, take, change and watch procedure steps (UPS-RS)."),
)
_WEB_SERVERS: tuple[tuple[str, str, str], ...] = (
    ("stowrsd", "lumenarc.cli.stowrsd", "Take objects over the web into a folder (STOW-RS)."),
)
_HL7: tuple[tuple[str, str, str], ...] = (
    ("hl7snd", "lumenarc.cli.hl7snd", "Send HL7 v2 messages over MLLP."),
    ("hl7rcv", "lumenarc.cli.hl7rcv", "Receive HL7 v2 messages over MLLP into a folder."),
    ("hl7pix", "lumenarc.cli.hl7pix", "Ask for identifiers of patients elsewhere, and tell of patients (PIX)."),
    ("hl7pdq", "lumenarc.cli.hl7pdq", "Ask which patients match (PDQ)."),
    ("hl7map", "lumenarc.cli.hl7map", "Show what HL7 v2 messages would do to an archive."),
    ("hl72json", "lumenarc.cli.hl72json", "Write HL7 v2 messages as JSON."),
    ("json2hl7", "lumenarc.cli.json2hl7", "Make HL7 v2 messages of JSON."),
)
_AUDIT: tuple[tuple[str, str, str], ...] = (
    ("syslog", "lumenarc.cli.syslog", "Send audit messages to an audit record repository (syslog)."),
    ("syslogd", "lumenarc.cli.syslogd", "Receive audit messages into a folder (syslog)."),
)
GROUPS = (
    ("archive", _ARCHIVE),
    ("files", _FILES),
    ("DIMSE clients", _CLIENTS),
    ("DIMSE servers", _SERVERS),
    ("DICOMweb clients", _WEB),
    ("DICOMweb servers", _WEB_SERVERS),
    ("HL7", _HL7),
    ("audit trail", _AUDIT),
)
TOOLS: tuple[tuple[str, str, str], ...] = tuple(tool for _, tools in GROUPS for tool in tools)

OK, SOME_FAILED, USAGE, NO_CONNECTION, INTERRUPTED = 0, 1, 2, 3, 130


class Tool(Protocol):
    """What a tool's module offers."""

    def parser(self) -> argparse.ArgumentParser:
        """Describe the command line, without importing what the work needs."""

    def run(self, arguments: list[str]) -> int:
        """Do the work and return the exit code."""


def find(name: str) -> Tool | None:
    """Import a tool's module; None when there is no such tool."""
    module = next((module for tool, module, _ in TOOLS if tool == name), None)
    return None if module is None else cast(Tool, import_module(module))


def main(arguments: list[str] | None = None) -> None:
    """Run the tool that the command line names and exit with its code.

    0 all right, 1 something failed, 2 the command line or a setting is wrong, 3 no connection.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if not words or words[0] in ("-h", "--help"):
        print(_help())
        raise SystemExit(OK if words else USAGE)
    if words[0] in ("-V", "--version"):
        print(_version())
        raise SystemExit(OK)
    tool = find(words[0])
    if tool is None:
        print(f"lumenarc: there is no tool {words[0]!r}; `lumenarc --help` lists them.", file=sys.stderr)
        raise SystemExit(USAGE)
    raise SystemExit(_run(tool, words[1:]))


def _run(tool: Tool, words: list[str]) -> int:
    try:
        code = tool.run(words)
        sys.stdout.flush()
    except LumenarcError as error:
        print(f"lumenarc: {error}", file=sys.stderr)
        return NO_CONNECTION if isinstance(error, PeerFailed) else USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_FAILED
    except OSError as error:  # a file that an option names
        where = f"{error.filename}: " if error.filename else ""
        print(f"lumenarc: {where}{error.strerror or error}", file=sys.stderr)
        return USAGE
    return code


def _help() -> str:
    lines = ["usage: lumenarc TOOL …", ""]
    for title, tools in GROUPS:
        lines.append(f"{title}:")
        lines.extend(f"  {name:12} {sentence}" for name, _, sentence in tools)
        lines.append("")
    lines.append("`lumenarc TOOL --help` explains a tool and ends with examples.")
    lines.append("exit codes: 0 all right, 1 something failed, 2 wrong usage, 3 no connection")
    return "\n".join(lines)


def _version() -> str:
    from importlib.metadata import version

    return f"lumenarc {version('lumenarc')}"
