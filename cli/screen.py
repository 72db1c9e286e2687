"""vigil screen: one name against the lists, with all that speaks for and against each hit."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from cli.console import AsJson, answer
from cli.environment import services_only
from lakehouse.attach import connect
from screening import evidence, landed
from screening.lists import files
from screening.screen import EVIDENCE, PARTY, THRESHOLD, list_names
from screening.screen import screen as screened


class Kind(StrEnum):
    """What a name is the name of."""

    person = "person"
    entity = "entity"


def screen(
    name: Annotated[str, typer.Argument(help="The name, in any script.")],
    born: Annotated[datetime | None, typer.Option(help="Date of birth.", formats=["%Y-%m-%d"])] = None,
    country: Annotated[
        list[str] | None, typer.Option(help="Country of the party; may be given more than once.")
    ] = None,
    number: Annotated[list[str] | None, typer.Option(help="Number of a document; may be given more than once.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="What has the name; compared as a person's if not given.")] = None,
    lists: Annotated[
        list[str] | None, typer.Option("--list", help="Only this list; may be given more than once.")
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option(help="A list's files instead of the lake's lists, as KIND=PATH[,PATH,PATH]; repeatable."),
    ] = None,
    threshold: Annotated[float, typer.Option(min=0.5, max=1.0, help="The least score of a hit.")] = THRESHOLD,
    as_json: AsJson = False,
) -> None:
    """Screen a name against the lists that have landed, or against files."""
    entries = _from_files(file) if file else _landed()
    if lists:
        entries = entries.filter(pl.col("list_name").is_in(lists))
    party = {
        "party_id": [""],
        "name": [name],
        "is_person": [None if kind is None else kind is Kind.person],
        "birth_date": [born.date() if born else None],
        "countries": [[evidence.country(each) for each in country or ()]],
        "numbers": [number or []],
    }
    hits = screened(pl.DataFrame(party, schema=PARTY), list_names(entries), threshold).drop("party_id")
    shown = hits.to_dicts()
    answer(shown if as_json else [_line(hit) for hit in shown], as_json=as_json, title="hits")


def _from_files(named: list[str]) -> pl.DataFrame:
    today = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    versions = []
    for each in named:
        kind, _, paths = each.partition("=")
        versions.append(files.read(kind, [Path(path) for path in paths.split(",")], today))
    return pl.concat([version.entries for version in versions])


def _landed() -> pl.DataFrame:
    with services_only(None) as settings, connect(settings) as connection:
        return landed.entries(connection)


def _line(hit: dict[str, Any]) -> dict[str, Any]:
    words = ", ".join(f"{word['asked']}={word['listed']} {word['gives']:+.2f}" for word in hit["words"] or ())
    beside = ", ".join(f"{name} {hit[name]:+.2f}" for name in EVIDENCE if hit[name] is not None)
    return {
        "score": hit["score"],
        "entry": hit["entry_id"],
        "listed as": hit["matched"],
        "words": words,
        "beside the name": beside or None,
        "list version": hit["list_version"],
    }
