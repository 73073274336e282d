"""`lumenarc completion SHELL`: prints what makes the Tab key know the tools and their options."""

from __future__ import annotations

from lumenarc.cli.frame import ToolParser


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "completion",
        "Print the completions for a shell, to be read by it when it starts.",
        ("lumenarc completion bash", "lumenarc completion zsh", "lumenarc completion fish"),
    )
    found.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")
    return found


def run(arguments: list[str]) -> int:
    """Print the completions."""
    shell = parser().parse_args(arguments).shell
    from lumenarc.cli import manual

    print({"bash": manual.bash, "zsh": manual.zsh, "fish": manual.fish}[shell](), end="")
    return 0
