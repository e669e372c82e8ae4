"""The command line: one file a command or command group, named after it; heavy imports stay inside commands."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from typing import Any

import click

from stf2m_bench import __version__
from stf2m_bench.errors import BenchError, UnknownNameError

COMMANDS = ("datasets", "doctor", "evaluate", "leaderboards", "models", "prepare", "results", "tasks", "train")


class Commands(click.Group):
    """Imports a command's file when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"stf2m_bench.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            raise UnknownNameError("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="stf2m-bench")
@click.option("--debug", is_flag=True, help="Show the whole traceback of an error; may stand anywhere.")
def cli(debug: bool) -> None:
    """Benchmark few-shot, multi-modal, fine-grained emotion recognition.

    \b
    evaluate                          built-in synthetic data, every model
    evaluate TASK --data FOLDER       the same on a real dataset
    evaluate TASK --model pkg.mod:f   a model of your own
    tasks new NAME --dataset csv:NAME --views imported:x --data FOLDER
                                      a task from a clips.csv of your own
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; an error of the user is one sentence and exit code 2, of the machine 1."""
    arguments = sys.argv[1:] if arguments is None else arguments
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads spin otherwise and starve other processes
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        sys.exit(cli.main(args=arguments, prog_name="stf2m-bench", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("Interrupted; the same command goes on where it was.", 130, None, debug)
    except BenchError as error:
        _fail(str(error), error.exit_code, error, debug)
    except ModuleNotFoundError as error:
        _fail(
            f"This needs the package {error.name}, which is not installed (a light install checks results and runs no"
            " models); install the whole: pip install .",
            1,
            error,
            debug,
        )
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        _fail(f"The machine could not: {error.strerror or error}{place}; mend that and repeat.", 1, error, debug)


def _fail(sentence: str, code: int, error: BaseException | None, debug: bool) -> Any:
    if debug and error is not None:
        traceback.print_exception(error)
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(code)
