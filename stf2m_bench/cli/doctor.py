"""`stf2m-bench doctor`"""

from __future__ import annotations

import click

from stf2m_bench.cli.console import as_json, print_json, print_table


@click.command()
@as_json
def command(as_json: bool) -> None:
    """Show what there is here: versions, device, folders."""
    import os
    import platform
    import shutil

    from stf2m_bench.home import home, remembered_roots

    place = home()
    nearest = next(parent for parent in (place, *place.parents) if parent.exists())
    facts = {
        "stf2m-bench": _version("stf2m-bench"),
        "python": platform.python_version(),
        **{name: _version(name) for name in ("torch", "numpy", "scikit-learn", "av", "soundfile", "moviepy")},
        "device": _device(),
        "cores": os.cpu_count(),
        "home": str(place),
        "free disk (GB)": round(shutil.disk_usage(nearest).free / 1e9, 1),
        **{f"dataset {key}": str(root) for key, root in remembered_roots().items()},
    }
    if as_json:
        print_json(facts)
    else:
        print_table(["what", "here"], list(facts.items()))


def _version(package: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed: results can be checked, models not run"


def _device() -> str:
    try:
        import torch
    except ModuleNotFoundError:
        return "none"
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
