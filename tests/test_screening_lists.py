"""Published lists are read whole, and what is no such list is refused by name."""

from __future__ import annotations

from datetime import datetime

import pytest

from screening.errors import ListUnreadable
from screening.lists import eu, house, ofac, un

AT = datetime(2026, 1, 1)
SDN = (
    b'7,"ROE, Ann","individual","XYZ] [ABC",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,'
    + b"\"DOB 1970; a.k.a. 'Owl'; Passport A1 (X).\"\n\x1a"
)
ALT = b'7,1,"aka","ROW, Anne",-0- \n'
ADD = b'7,2,"1 Street","Town","Cuba",-0- \n'
UN = """<CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:09.554Z"><INDIVIDUALS><INDIVIDUAL><DATAID>5</DATAID>
<FIRST_NAME>ANN</FIRST_NAME><SECOND_NAME>ROE</SECOND_NAME><INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY>
<ALIAS_NAME>Amir Chazmat (original script: Амир Хазмат)</ALIAS_NAME></INDIVIDUAL_ALIAS><INDIVIDUAL_ALIAS>
<QUALITY>Low</QUALITY><ALIAS_NAME>Ana; Anna</ALIAS_NAME></INDIVIDUAL_ALIAS></INDIVIDUAL></INDIVIDUALS>
</CONSOLIDATED_LIST>"""
EU = """<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-02-03T17:25:09.776+01:00">
<sanctionEntity logicalId="13"><subjectType code="person" classificationCode="P"/>
<nameAlias wholeName="Ann  Roe" strong="true"/><nameAlias wholeName="Owl" strong="false"/>
<birthdate year="1970" birthdate="1970-04-28"/><citizenship countryIso2Code="IQ"/>
<address street="1 Street" city="Town" countryIso2Code="00"/>
<identification number="A1" identificationTypeCode="passport"/><regulation programme="IRQ"/></sanctionEntity>
</export>"""


def test_ofac_names_aliases_addresses_and_numbers() -> None:
    version = ofac.read(SDN, ALT, ADD, AT)
    entry = version.entries.row(0, named=True)
    assert (version.list_name, version.published_at, entry["entry_id"]) == ("ofac_sdn", AT, "ofac_sdn/7")
    assert entry["aliases"] == [{"name": "ROW, Anne", "quality": "strong"}, {"name": "Owl", "quality": "weak"}]
    assert entry["identifiers"] == [{"type": "Passport", "number": "A1 (X)"}]
    assert entry["addresses"] == [{"line": "1 Street, Town", "country": "Cuba"}]


def test_un_aliases_in_another_script_and_behind_semicolons_are_names_of_their_own() -> None:
    version = un.read(UN.encode())
    assert version.list_version == "2026-02-27"
    assert version.entries["aliases"].to_list() == [
        [
            {"name": "Amir Chazmat", "quality": "strong"},
            {"name": "Амир Хазмат", "quality": "strong"},
            {"name": "Ana", "quality": "weak"},
            {"name": "Anna", "quality": "weak"},
        ]
    ]


def test_eu_entries_are_read_with_what_is_known_of_them() -> None:
    version = eu.read(EU.encode())
    entry = version.entries.row(0, named=True)
    assert (version.published_at, entry["name"]) == (datetime(2026, 2, 3, 16, 25, 9, 776000), "Ann Roe")
    assert entry["aliases"] == [{"name": "Owl", "quality": "weak"}]
    assert (entry["birth_dates"], entry["countries"]) == ([{"value": "1970-04-28"}], [{"value": "IQ"}])
    assert entry["addresses"] == [{"line": "1 Street, Town", "country": None}]


def test_our_csv_takes_several_values_apart() -> None:
    data = "entry_id,name,aliases,identifiers\nx,Ann Roe,A. Roe;Áine,Passport: A1;B2\n"
    entry = house.read("pep", data.encode(), AT).entries.row(0, named=True)
    assert [alias["name"] for alias in entry["aliases"]] == ["A. Roe", "Áine"]
    assert entry["identifiers"] == [{"type": "Passport", "number": "A1"}, {"type": None, "number": "B2"}]


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (lambda: un.read(b"<html>moved</html>"), "begins with <html>"),
        (lambda: un.read(UN.encode()[:200]), "is not XML"),
        (lambda: un.read(b""), "is not XML"),
        (lambda: un.read(b'<CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:09"/>'), "holds no entry"),
        (lambda: un.read(b"<CONSOLIDATED_LIST/>"), "no dateGenerated"),
        (lambda: eu.read(EU.replace("person", "alien").encode()), "type 'alien'"),
        (lambda: ofac.read(SDN.decode().encode("utf-16"), ALT, ADD, AT), "is not UTF-8"),
        (lambda: ofac.read(ALT, ALT, ADD, AT), "12 columns are expected"),
        (lambda: ofac.read(SDN, ALT, b"<html>,x", AT), "6 columns are expected"),
        (lambda: ofac.read(SDN.replace(b"\x1a", SDN), ALT, ADD, AT), "come more than once"),
        (lambda: house.read("pep", b"entry_id,name\n1, \n", AT), "have no name"),
        (lambda: house.read("pep", b"id,name\n1,x\n", AT), "the first line of pep"),
        (lambda: house.read("pep", b"entry_id,name,entry_type\n1,x,ghost\n", AT), "'ghost'"),
        (lambda: house.read("pep", "entry_id,name\n1,José\n".encode("latin-1"), AT), "is not UTF-8: byte 0xe9"),
    ],
)
def test_what_is_no_list_is_refused(read: object, reason: str) -> None:
    with pytest.raises(ListUnreadable, match=reason):
        read()  # type: ignore[operator]
