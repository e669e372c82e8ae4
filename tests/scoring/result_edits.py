"""Editing a stored result, and what the checks then say."""

import json

from stf2m_bench.scoring.checks import check_result


def failed(path, task):
    return {check.name: check.message for check in check_result(path, task) if not check.passed}


def change(path, edit):
    """Edit the stored JSON in place, as a hand with an editor would."""
    value = json.loads(path.read_text(encoding="utf-8"))
    edit(value)
    path.write_text(json.dumps(value), encoding="utf-8")
