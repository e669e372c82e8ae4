"""The list of an ablation's rows: what is fitted in place of the full model, and what each row tells about."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stf2m_bench.errors import FaultsError, InputError

ROWS = "rows.toml"


class Row(BaseModel):
    """One row of rows.toml.

    Attributes:
        name: of the row and of its files. says: how it differs from the full model. part: what it tells about.
        model, set: what is fitted. control, people: something that is done to it.
        claim: what the part is meant to give. like: the row of like size that it is to be seen beside.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+-]*$")]
    says: str
    part: str
    model: str
    set: dict[str, Any] = {}
    control: str = ""
    people: int | None = None
    claim: str = ""
    like: str = ""


class Plan(BaseModel):
    """The whole of rows.toml: the full model's row, task -> note, the rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    full: str
    tasks: Annotated[dict[str, str], Field(min_length=1)]
    rows: Annotated[tuple[Row, ...], Field(alias="row", min_length=1)]

    @model_validator(mode="after")
    def _knows_its_rows(self) -> Self:
        names = [row.name for row in self.rows]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the row '{twice[0]}' is listed twice")
        for name in (self.full, *(row.like for row in self.rows if row.like)):
            if name not in names:
                raise ValueError(f"'{name}' is no row")
        return self

    @property
    def parts(self) -> dict[str, list[Row]]:
        """Part -> its rows; parts in the order of their first rows."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.part, []).append(row)
        return found


def read_plan(path: Path) -> Plan:
    """Read rows.toml.

    Raises:
        InputError: no such file, or no TOML. FaultsError: it breaks the schema; every place is named.
    """
    if not path.is_file():
        raise InputError(f"There is no list of rows {path}; give the folder of leaderboards that holds it.")
    try:
        return Plan.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()]
        raise FaultsError(f"The list of rows {path}", faults, "mend these places") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"The list of rows {path} is no TOML ({error}); mend it.") from error
