"""Another country's report is another folder: no line of Python."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from reporting_case import casefile, tables

from reports.document import compose, serialise
from reports.errors import UnknownProfile
from reports.narrative import narrative
from reports.profile import PROFILES, load


def country(folder: Path, head: str, **files: str) -> Path:
    """A folder of profiles: the generic one and ``xx-str``, which builds on it."""
    shutil.copytree(PROFILES / "goaml-5.0.1-str", folder / "goaml-5.0.1-str")
    (folder / "xx-str").mkdir()
    (folder / "xx-str" / "profile.yml").write_text(head)
    for name, content in files.items():
        (folder / "xx-str" / f"{name}.csv").write_text(content)
    return folder


HEAD = """
extends: goaml-5.0.1-str
version: "1"
form: goaml
report: STR
title: Report of country XX
schema: goaml/xx.xsd
"""


def test_a_folder_that_extends_another_changes_only_its_codes(tmp_path: Path) -> None:
    folder = country(
        tmp_path, HEAD, codes="list,ours,code,meaning\nfunds,cash,CASH,Cash\ntransmode,online,NET,Internet\n"
    )
    profile, file = load("xx-str", folder), casefile(tables())
    root, violations = compose(profile, file, "REF-1", narrative(file))
    content = serialise(root).decode()
    assert violations == []
    assert "<from_funds_code>CASH</from_funds_code>" in content
    assert "<transmode_code>NET</transmode_code>" in content
    assert "<transmode_code>A</transmode_code>" in content
    assert profile.digests["codes.csv"] != load("goaml-5.0.1-str").digests["codes.csv"]
    assert profile.digests["rules.yml"] == load("goaml-5.0.1-str").digests["rules.yml"]


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace("schema: goaml/xx.xsd", ""),
        HEAD.replace("goaml-5.0.1-str", "nowhere"),
        HEAD + "colour: red\n",
        "a: [",
    ],
)
def test_a_faulty_profile_names_itself(tmp_path: Path, head: str) -> None:
    with pytest.raises(UnknownProfile, match="xx-str"):
        load("xx-str", country(tmp_path, head))
