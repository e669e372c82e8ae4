"""`stf2m-bench models`"""

from __future__ import annotations

from pathlib import Path

import click

from stf2m_bench.cli.console import (
    as_json,
    data_option,
    device_option,
    find_named_model,
    note,
    print_checks,
    print_json,
    print_table,
    progress_bars,
    seed_option,
    set_option,
    settings,
    workers_option,
)


@click.group()
def command() -> None:
    """List, show, check, explain, push and pull models."""


@command.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List every built-in and installed model."""
    from stf2m_bench.models import ROOM
    from stf2m_bench.models.base.model import make_model, settings_of

    rows = []
    for key in ROOM.keys():
        model = make_model(key)
        summary = (type(model).__doc__ or "").strip().splitlines()[0]
        rows.append([key, "reference row" if model.reference else "", settings_of(type(model)), summary])
    if as_json:
        print_json([{"model": k, "reference": bool(r), "config": c, "summary": s} for k, r, c, s in rows])
    else:
        print_table(["model", "", "settings", "what it does"], rows)


@command.command()
@click.argument("model")
@as_json
def show(model: str, as_json: bool) -> None:
    """Show the settings and declarations of MODEL.

    MODEL is a built-in model, a folder that 'train' wrote, hub:ORG/NAME@REV or pkg.mod:factory.
    """
    import inspect

    from stf2m_bench.models import ROOM
    from stf2m_bench.models.base.model import declarations, settings_of

    named = find_named_model(model)
    settings = (settings_of(type(named.model)) if named.key in ROOM.keys() else {}) | named.model.config()
    facts = {"source": named.source, "settings": settings, **declarations(named.model)}
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

    MODEL is a built-in model, a folder that 'train' wrote, hub:ORG/NAME@REV or pkg.mod:factory. Exit code 2 if it
    breaks a rule.
    """
    from stf2m_bench.models.base.checks import check_model

    print_checks(check_model(find_named_model(model)), as_json)


@command.command()
@click.argument("model")
@click.argument("task")
@click.option(
    "--out", required=True, metavar="FOLDER", type=click.Path(path_type=Path), help="Where to write it; a new folder."
)
@click.option("--fold", metavar="N", type=click.IntRange(0), default=0, show_default=True, help="Which fold's model.")
@click.option(
    "--shot", metavar="K", type=click.IntRange(1), default=5, show_default=True, help="Support clips of each emotion."
)
@set_option
@seed_option
@device_option
@data_option
@workers_option
def explain(
    model: str,
    task: str,
    out: Path,
    fold: int,
    shot: int,
    pairs: tuple[str, ...],
    seed: int,
    device: str,
    data: Path | None,
    workers: int,
) -> None:
    """Draw what the ST-F2M MODEL does on TASK.

    MODEL is stf2m, which is fitted as 'evaluate' does unless its weights are at hand, or a folder that 'train' wrote;
    no other model can be explained. Its rules are told in words and its memberships, gates and weights of views are
    drawn, as means over the fold's frozen meta-val episodes. FOLDER appears whole or not at all.
    """
    from stf2m_bench.episode.corpora import join_manifests, open_manifests
    from stf2m_bench.episode.views import open_views
    from stf2m_bench.evaluation.evaluate import pick_device
    from stf2m_bench.evaluation.explain import explain as explain_model
    from stf2m_bench.evaluation.explain import require_explainable
    from stf2m_bench.evaluation.explain_pages import require_new, write_explanation
    from stf2m_bench.evaluation.explain_pictures import require_matplotlib
    from stf2m_bench.tasks.task import load_task

    chosen, named, place = load_task(task), find_named_model(model, **settings(pairs)), pick_device(device)
    require_explainable(named, chosen, fold=fold, shot=shot)
    require_new(out)
    require_matplotlib()
    with progress_bars() as progress:
        views = open_views(chosen, data=data, workers=workers, progress=progress)
        clips = join_manifests(open_manifests(chosen, data=data, workers=workers, progress=progress)).table
        found = explain_model(
            named, views, fold=fold, shot=shot, seed=seed, device=place, clips=clips, progress=progress
        )
        files = write_explanation(found, out)
    note(f"Wrote {', '.join(files)} to {out}; begin with {out / 'rules.md'}.")


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("model", metavar="ORG/NAME")
@click.option("--private", is_flag=True, help="Let nobody else see the model; refused where it is public already.")
@click.option(
    "--results",
    metavar="PATH",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A result file, or a folder of them, for the model card; may be given several times. Default: every result of"
    " these weights in the home.",
)
@click.option(
    "--licence",
    metavar="NAME",
    default="",
    help="The licence of the weights as the Hub calls it, such as apache-2.0 or cc-by-nc-sa-4.0. Default: not stated.",
)
@click.option("--dry-run", is_flag=True, help="List every file that would be pushed, and ask nobody.")
@as_json
def push(
    folder: Path, model: str, private: bool, results: tuple[Path, ...], licence: str, dry_run: bool, as_json: bool
) -> None:
    """Push the weights in FOLDER to the Hub.

    FOLDER is one that 'train' wrote; anything else in it is refused. The repository ORG/NAME is made if there is none.
    Weights, a model card with the results, the data and their licences, and .eval_results go in one commit: all or
    nothing. Log in once with 'hf auth login', or set HF_TOKEN.
    """
    from stf2m_bench.hub.push import files_to_push, repository_named
    from stf2m_bench.hub.push import push as push_files

    address = repository_named(model)
    files = files_to_push(folder, address, results=results, licence=licence)
    sizes = {name: len(it) if isinstance(it, bytes) else it.stat().st_size for name, it in files.items()}
    commit = None if dry_run else push_files(address, files, private=private)
    if as_json:
        listed = [{"file": name, "bytes": size} for name, size in sizes.items()]
        print_json({"model": address.repo, "commit": commit, "files": listed})
    else:
        print_table(["file", "bytes"], [[name, f"{size:,}"] for name, size in sizes.items()])
    if commit is None:
        note(f"Nothing was pushed; without --dry-run these files go to {address.repo}.")
    else:
        note(f"Pushed; score it: stf2m-bench evaluate TASK --model hub:{address.repo}@{commit}")


@command.command()
@click.argument("model", metavar="ORG/NAME[@REV]")
@click.option(
    "--out", required=True, metavar="FOLDER", type=click.Path(path_type=Path), help="Where to put it; a new folder."
)
def pull(model: str, out: Path) -> None:
    """Pull the weights of a model from the Hub.

    REV is a branch, a tag or a commit; without one the newest commit is taken. Only config.json and model.safetensors
    of each fold are pulled, nothing that could be executed. FOLDER appears whole or not at all.
    """
    from stf2m_bench.hub.pull import pull as pull_folder
    from stf2m_bench.huggingface.address import parse_address

    address = parse_address(model)
    commit = pull_folder(address, out)
    note(f"Pulled {address.repo}@{commit}; score it: stf2m-bench evaluate TASK --model {out}")
