"""A catalog's password is in no error that a person or a log gets to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.attach import connect
from lakehouse.errors import CatalogUnreachable
from lakehouse.secrets import without_passwords
from lakehouse.settings import Settings
from local.environment import without_password
from local.ports import LOOPBACK, free

HIDDEN = "s3cret"


@pytest.mark.parametrize(
    "form",
    [
        "host={host} port={port} user=u password={secret} dbname=x",
        "host={host} port={port} password = '{secret} with \\' more' user=u",
        "postgresql://u:{secret}@{host}:{port}/x",
    ],
)
def test_a_catalog_that_does_not_answer_is_named_without_its_password(form: str, tmp_path: Path) -> None:
    conninfo = form.format(host=LOOPBACK, port=free(1)[0], secret=HIDDEN)
    with pytest.raises(CatalogUnreachable, match=LOOPBACK) as refused:
        connect(Settings(home=tmp_path, catalog=f"postgres:{conninfo}"))
    assert HIDDEN not in str(refused.value)
    assert "***" in str(refused.value)


@pytest.mark.parametrize("form", ["postgresql://u:{secret}@db/x", "host=db user=u password={secret} dbname=x"])
def test_an_address_is_shown_without_its_password(form: str) -> None:
    shown = without_password("postgres:" + form.format(secret=HIDDEN))
    assert shown.startswith("postgres:")
    assert HIDDEN not in shown
    assert set(shown.removeprefix("postgres:").split()) == {"host=db", "user=u", "dbname=x"}


def test_what_holds_no_password_stays_as_it_is() -> None:
    text = "postgres:host=/run/vigil port=5432 user=postgres dbname=vigil: see https://example.com/a@b"
    assert without_passwords(text) == text
