"""`stf2m-bench models`"""

from __future__ import annotations

import click

from stf2m_bench.cli.console import as_json, find_named_model, print_checks, print_json, print_table


@click.group()
def command() -> None:
    """List, show and check models."""


@command.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List every built-in and installed model."""
    from stf2m_bench.models import ROOM
    from stf2m_bench.models.base.model import make_model

    rows = []
    for key in ROOM.keys():
        model = make_model(key)
        summary = (type(model).__doc__ or "").strip().splitlines()[0]
        rows.append([key, "reference row" if model.reference else "", model.config(), summary])
    if as_json:
        print_json([{"model": k, "reference": bool(r), "config": c, "summary": s} for k, r, c, s in rows])
    else:
        print_table(["model", "", "settings", "what it does"], rows)


@command.command()
@click.argument("model")
@as_json
def show(model: str, as_json: bool) -> None:
    """Show the settings and declarations of MODEL.

    MODEL is a built-in model, a folder that 'train' wrote, or pkg.mod:factory.
    """
    import inspect

    from stf2m_bench.models.base.model import declarations

    named = find_named_model(model)
    facts = {"source": named.source, "settings": named.model.config(), **declarations(named.model)}
    if as_json:
        print_json(facts)
    else:
        print_table([named.name, ""], list(facts.items()))
        click.echo(inspect.getdoc(type(named.model)) or "")


@command.command()
@click.argument("model")
@as_json
def check(model: str, as_json: bool) -> None:
    """Run MODEL on tiny episodes and see which rules it keeps.

    MODEL is a built-in model, a folder that 'train' wrote, or pkg.mod:factory. Exit code 2 if it breaks a rule.
    """
    from stf2m_bench.models.base.checks import check_model

    print_checks(check_model(find_named_model(model)), as_json)
