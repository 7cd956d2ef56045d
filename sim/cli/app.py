"""The commands, put together: what `sim` knows to do, and its help.

In: a command line. Out: `done`, which has it done by the module of its command.
Only Typer and that module are loaded here; a command loads what it needs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from sim.errors import UsageError, escaped

__all__ = ["COMMANDS", "app_of", "command_of", "done"]

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

Misuse: Any = typer.BadParameter.__bases__[0]
"""What Typer raises for words it cannot place; its own class for it has no public name."""


class _Plain(TyperCommand):
    """A command whose help writes arguments as one types them: `FILE...`, without braces and types.

    An option that takes one value is given once: of two, Typer would take the last and say nothing.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Read the words of a command line."""
        params: list[Any] = self.make_parser(ctx).parse_args(args=[*args])[2]
        for param in dict.fromkeys(params):
            is_single = param.param_type_name == "option" and not (param.multiple or param.is_flag)
            if is_single and params.count(param) > 1:
                raise UsageError(f"{param.opts[0]} is given {params.count(param)} times, and takes one value: keep one of them")
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words after the command's name."""
        arguments = (param for param in self.get_params(ctx) if param.param_type_name == "argument")
        return ["[OPTIONS]", *(f"{one.metavar}" if one.required else f"[{one.metavar}]" for one in arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments and options, a line each."""
        params = self.get_params(ctx)
        arguments = [(f"{one.metavar}", f"{getattr(one, 'help', '')}") for one in params if one.param_type_name == "argument"]
        options = [one.get_help_record(ctx) for one in params if one.param_type_name == "option"]
        for title, rows in (("Arguments", arguments), ("Options", [row for row in options if row])):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


COMMANDS = {
    "run": "run", "compare": "compare", "why": "why",
    "check": "check", "test": "expect", "show": "results", "list": "listed", "graph": "graph", "export": "export",
    "new": "new", "schema": "schema",
}  # fmt: skip
"""Each command and the module it stands in, in the order of the help."""


def app_of(words: Sequence[str]) -> typer.Typer:
    """The command that a command line names; all of them where it names none."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, context_settings=HELP)
    app.callback(invoke_without_command=True)(sim)
    named = COMMANDS.get(words[0]) if words else None
    for module in [named] if named else dict.fromkeys(COMMANDS.values()):
        import_module(f"sim.cli.{module}").register(app)
    for command in app.registered_commands:
        command.cls = _Plain
    return app


def sim(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="With --version: what a report of a fault should name.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --version: the same as JSON.")] = False,
) -> None:
    """\b
    Examples:
      sim new border                 write border.yaml, a first scenario
      sim run border.yaml            what happens, as a dated timeline
      sim run border.yaml --all      the baseline and its what-ifs side by side
      sim compare border.yaml --what-if resolute
      sim why latest export_ban      why did it happen?
      sim test border.yaml           does it do what its author expects?
      sim show latest                the newest stored result again

    A laboratory for policy events: write down who acts, what the law is and who reacts to what; run it; ask what if.
    """
    if not version and (verbose or as_json):
        option = "--verbose" if verbose else "--json"
        raise UsageError(f"{option} before a command belongs to --version: write sim --version {option}, or the command before it")
    if version:
        from sim.cli.versions import print_version

        print_version(verbose=verbose, as_json=as_json)
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


def command_of(words: Sequence[str]) -> Any:
    """What a command line asks, with its options."""
    return typer.main.get_command(app_of(words))


def done(words: Sequence[str]) -> Any:
    """Have a command line done; what its command ended with. What it printed has left when this returns."""
    try:
        ended = command_of(words).main(args=[*words], prog_name="sim", standalone_mode=False)
    except Misuse as misuse:
        context = misuse.ctx
        asked = f"\nhelp: {context.command_path} --help" if context else ""
        raise UsageError(f"{escaped(misuse.format_message())}{asked}") from None
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        ended = end.code
    if sys.stdout is not None:
        sys.stdout.flush()
    return ended
