"""The help of every command, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from stf2m_bench.cli import COMMANDS, cli, main


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from walk(inner, (*path, name))


TREE = dict(walk(cli))


def test_the_tree_holds_every_group_and_its_commands() -> None:
    assert {path[0] for path in TREE if path} == set(COMMANDS)
    assert {path[1] for path in TREE if len(path) == 2 and path[0] == "tasks"} == {
        "list",
        "show",
        "check",
        "new",
        "freeze",
        "probe",
    }
    assert len(TREE) >= 26


@pytest.mark.parametrize("path", TREE, ids=lambda path: " ".join(path) or "stf2m-bench")
def test_every_command_and_option_says_what_it_does(path: tuple[str, ...], run) -> None:
    command = TREE[path]
    first = (command.help or "").strip().splitlines()[0]
    assert first[0].isupper()
    assert first.endswith(".")
    silent = [p.name for p in command.params if isinstance(p, click.Option) and not (p.help or "").strip()]
    assert silent == []
    shown = run(*path, "--help")
    assert shown.err == ""
    assert " ".join(("Usage: stf2m-bench", *path)) in shown.out
    assert first in shown.out


@pytest.mark.parametrize("path", [p for p, c in TREE.items() if isinstance(c, click.Group)], ids=" ".join)
def test_no_summary_is_cut_on_a_terminal_of_80_columns(path: tuple[str, ...], monkeypatch, run) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    listed = run(*path, "--help").out.partition("Commands:")[2]
    assert listed.strip()
    assert "..." not in listed


def test_the_defaults_that_help_tells_are_those_of_the_command() -> None:
    new = {p.name: p.default for p in TREE["tasks", "new"].params}
    assert (new["ways"], new["shots"], new["queries"], new["folds"], new["episodes"]) == (5, (1, 5), 3, 3, 1000)


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["tasks", "-h"], ["--version"]])
def test_help_and_version_end_well(arguments: list[str], run) -> None:
    assert run(*arguments).out


def test_without_a_command_the_help_is_shown_and_the_code_is_2(run) -> None:
    assert "Commands:" in run(code=2).err


def test_main_takes_the_arguments_of_the_process(monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.argv", ["stf2m-bench", "--version"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    assert capsys.readouterr().out.startswith("stf2m-bench, version ")
