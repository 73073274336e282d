"""`lumenarc config`: which settings hold and who says so; validates them, prints a template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumenarc.cli.frame import Report, ToolParser, printable

if TYPE_CHECKING:
    from lumenarc.config import Settings


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "config",
        "Show the settings that `serve` would use and where each comes from: default, file or environment. A wrong\n"
        "setting is named, with exit code 2. Passwords in a database URL are not shown.",
        (
            "lumenarc config --changed",
            "lumenarc config --config lumenarc.toml --check",
            "lumenarc config --template > lumenarc.toml",
        ),
    )
    found.add_argument("names", nargs="*", metavar="NAME", help="only these settings")
    found.add_argument("--config", type=Path, metavar="FILE", help="a lumenarc.toml")
    found.add_argument("--check", action="store_true", help="only say whether the settings are valid")
    found.add_argument("--changed", action="store_true", help="only those that are not the default")
    found.add_argument(
        "--template", action="store_true", help="print a file with every setting, its default and meaning"
    )
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Show or check the settings."""
    options = parser().parse_args(arguments)
    options.tool = "config"
    report = Report(options)
    from lumenarc import config
    from lumenarc.errors import BadRequest

    if options.template:
        print(template(config.Settings), end="")
        return 0
    settings = config.load(options.config)
    where = config.origins(options.config)
    unknown = [name for name in options.names if name not in config.Settings.model_fields]
    if unknown:
        raise BadRequest(f"There is no setting {unknown[0]!r}.")
    if options.check:
        file = config.file_of(options.config)
        report.result(f"valid: {len(where)} settings given", {"valid": True, "file": str(file or ""), "given": where})
        return 0
    for name, line in config.Settings.model_fields.items():
        if (options.names and name not in options.names) or (options.changed and name not in where):
            continue
        value = shown(name, getattr(settings, name))
        origin = where.get(name, "default")
        fields = {"name": name, "value": value, "origin": origin, "unit": _unit(line), "doc": line.description}
        report.result(printable(f"{name} = {_toml(value)}  # {origin}"), fields)
    return report.exit_code


def shown(name: str, value: Any) -> Any:
    """Return a value as it may be shown: plain, and without a password."""
    if name == "database" and "://" in str(value):
        scheme, _, rest = str(value).partition("://")
        user, at, place = rest.rpartition("@")
        return f"{scheme}://{user.partition(':')[0]}{':…' if ':' in user else ''}{at}{place}"
    return str(value) if isinstance(value, Path) else value


def template(settings: type[Settings]) -> str:
    """Return a settings file in which every line is a comment: the meaning of a setting, and its default."""
    lines = ["# Settings of Lumenarc. Take the # away from what shall differ from the default."]
    for name, line in settings.model_fields.items():
        unit = f" [{_unit(line)}]" if _unit(line) else ""
        lines += ["", f"# {line.description}{unit}", f"# {name} = {_toml(shown(name, line.default))}"]
    return "\n".join(lines) + "\n"


def _unit(line: Any) -> str:
    extra = line.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def _toml(value: Any) -> str:
    """Write a value as TOML does: like JSON, for all the types that settings have."""
    return json.dumps(value, ensure_ascii=False)
