"""Exemptions from reports of cash by command: four eyes, eligibility, filings; and what other programs smuggle in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import marts_lake
import orjson
import pytest
from kafka_topics import delete_topics
from landed_bank import Bank, Event, at
from marts_lake import BuiltLake, MakeLake
from typer.testing import CliRunner

import contracts
from cases.errors import CaseError
from cases.events import send
from cli.main import app
from contracts import contract_for
from contracts.exemptions import TOPIC, act
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.snapshots import latest, record_build
from local.topics import ensure_topics
from reports.filing import generate, preview
from reports.trace import trace
from reports.verification import verify
from sinks import SinkConfig, run_until_caught_up

make_lake = marts_lake.make_lake

TOPICS = ("bank.parties", "bank.accounts", "bank.transactions", TOPIC)
FIRST = ("+rpt_doep", "+deadlines", "+rpt_ctr_register", "+rpt_ctr_day")
EVERY = tuple(f"stg_exemption_acts+,{each}" for each in FIRST)
EFFECTIVE = date(2026, 2, 2)
BUSINESSES = {"shop": "445110", "dealer": "441110", "few": "445110", "payer": "236220", "new": "722511"}
ADDRESS = {"line": "7 River Road", "town": "Troy", "state": "NY", "postal_code": "12180", "country": "US"}
DESIGNATED = {"payer": "payroll_customer"}


def bank() -> list[Event]:
    """Businesses with cash on five days, or three, before the day from which they are to be exempt, and after it."""
    bank = Bank()
    for name, code in BUSINESSES.items():
        file: dict[str, Any] = {"industry_code": code, "tax_id": "98-7654321", "addresses": [ADDRESS]}
        bank.person(f"P-{name}", "small_business", party_type="legal_entity", **file)
        opened = date(2026, 1, 4) if name == "new" else date(2024, 1, 2)
        bank.account(f"A-{name}", f"P-{name}", opened_on=opened)
        for day in range(3 if name == "few" else 5):
            (bank.withdraw if name == "payer" else bank.deposit)(f"A-{name}", 12000, at(day))
    bank.person("P-courier", "outsider")
    carried = {"conductor_party_id": "P-courier", "conductor_name": "Courier"}
    # From the day on: what is exempt, what is not though the same hand brings it, and what is not eligible.
    bank.deposit("A-shop", 12000, at(28), **carried)
    bank.deposit("A-few", 11000, at(28), **carried)
    bank.deposit("A-shop", 13000, at(29))
    bank.withdraw("A-shop", 14000, at(29))
    bank.deposit("A-dealer", 15000, at(30))
    # Exempt with one of its holders alone.
    bank.account("A-joint", "P-shop", "P-few")
    bank.deposit("A-joint", 20000, at(31))
    return bank.events


@dataclass
class Desk:
    """The lake that officers work with, and what became of what they tried."""

    lake: BuiltLake
    kafka: str
    ids: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> Any:
        found = CliRunner().invoke(app, ["exemption", *arguments, "--json"])
        if found.exception:
            raise found.exception
        return orjson.loads(found.stdout)

    def act(self, command: str, name: str, officer: str, *more: str) -> Any:
        who = ("--officer", officer, "--officer-name", f"Officer {officer}", "--reason", "As the file shows.")
        about = f"P-{name}" if command == "designate" else self.ids[name]
        return self.run(command, about, *who, *more)

    def designate(self, name: str, officer: str = "o1") -> None:
        basis = DESIGNATED.get(name, "non_listed_business")
        done = self.act("designate", name, officer, "--basis", basis, "--effective", str(EFFECTIVE))
        self.ids[name] = done["exemption_id"]

    def refused(self, why: str, command: str, name: str, officer: str, *more: str) -> None:
        with pytest.raises(CaseError) as refusal:
            self.act(command, name, officer, *more)
        self.refusals[why] = str(refusal.value)

    def smuggle(self, done: str, name: str, officer: str, at: datetime | None = None, **more: Any) -> None:
        """An act that another program than the command puts on the topic."""
        send(self.kafka, TOPIC, [act(self.ids[name], done, officer, "mlro", at or datetime.now(UTC), **more)])

    def build(self, *selected: str) -> None:
        config = SinkConfig(topics=TOPICS, group=str(self.lake.settings.home), upkeep_seconds=0)
        run_until_caught_up(config, self.lake.settings)
        wanted = ("--select", *selected, "--exclude-resource-types", "test", "unit_test")
        self.lake.dbt(self.lake.newest(), "build", *wanted)
        with connect(self.lake.settings) as connection:
            record_build(connection, latest(connection), datetime.now(UTC).replace(tzinfo=None))


@pytest.fixture(scope="module")
def desk(make_lake: MakeLake, kafka: str) -> Any:
    """A desk at which five businesses were designated, four approved, one amended and one revoked."""
    made = make_lake()
    settings = made.settings.model_copy(update={"kafka_bootstrap_servers": kafka, "today": date(2026, 3, 2)})
    lake = replace(made, settings=settings)
    with connect(settings) as connection:
        prepare(connection, contracts.load().values())
    # Acts of other tests, which share the broker, would be told here.
    delete_topics(kafka, *TOPICS)
    ensure_topics(kafka, dict.fromkeys(TOPICS, 1))
    for topic in TOPICS[:-1]:
        send(kafka, topic, [_event(each) for each in bank() if each.topic == topic])
    desk = Desk(lake, kafka)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _environment(lake).items():
            patch.setenv(name, value)
        desk.build(*FIRST, "+rpt_filing_profile", "+rpt_reporting_entity", "exemption_rules")
        for name in BUSINESSES:
            desk.designate(name)
        desk.refused("not built", "approve", "shop", "o2")
        desk.refused(
            "twice", "designate", "shop", "o1", "--basis", "non_listed_business", "--effective", str(EFFECTIVE)
        )
        desk.build(*EVERY)
        desk.refused("own", "approve", "shop", "o1")
        desk.refused("too early", "revoke", "shop", "o1", "--effective", "2026-03-01")
        for name in BUSINESSES:
            if name != "payer":
                desk.act("approve", name, "o2")
        desk.smuggle("approved", "payer", "o1")
        # From here on nothing could be dated after it, if it counted.
        desk.smuggle("reviewed", "shop", "o1", at=datetime.now(UTC) + timedelta(days=400))
        desk.build(*EVERY)
        desk.refused("nothing waits", "approve", "shop", "o2")
        desk.act("amend", "shop", "o1", "--effective", "2026-02-09", "--doing-business-as", "River Foods")
        desk.act("revoke", "dealer", "o3", "--effective", "2026-02-16", "--prior-number", "31000123456789")
        desk.build(*EVERY)
        desk.act("approve", "shop", "o2")
        desk.act("approve", "dealer", "o1")
        desk.build(*EVERY)
        yield desk


def test_what_an_exemption_does_not_allow_is_refused_with_its_rule(desk: Desk) -> None:
    told = {name: text.rpartition("(")[2].rstrip(")") for name, text in desk.refusals.items()}
    assert told | {"not built": ""} == {
        "not built": "",
        "twice": "awaiting_approval",
        "own": "four_eyes",
        "too early": "awaiting_approval",
        "nothing waits": "nothing_proposed",
    }
    assert "which no build has folded yet" in desk.refusals["not built"]


def test_each_exemption_is_what_its_acts_and_its_party_make_of_it(desk: Desk) -> None:
    names = {identifier: name for name, identifier in desk.ids.items()}
    found = {names[row["exemption_id"]]: row for row in desk.run("list")}
    assert {name: (row["status"], row["is_exempt"], row["failed_rules"]) for name, row in found.items()} == {
        "shop": ("in_force", True, []),
        "dealer": ("revoked", False, ["ineligible_business"]),
        "few": ("in_force", False, ["too_few_transactions"]),
        "payer": ("proposed", False, []),
        "new": ("in_force", False, ["customer_too_short"]),
    }
    assert found["dealer"]["last_day"] == "2026-02-15"


def test_an_act_that_was_smuggled_in_has_no_effect_and_is_named(desk: Desk) -> None:
    shown = desk.run("show", desk.ids["payer"])
    assert [(each["act"], each["violated_rule"]) for each in shown["history"]] == [
        ("designated", None),
        ("approved", "four_eyes"),
    ]
    history = desk.run("show", desk.ids["shop"])["history"]
    assert {each["violated_rule"] for each in history if each["act"] == "reviewed"} == {"postdated"}
    assert [each["violated_rule"] for each in history if each["act"] == "amended"] == [None]


def test_what_was_found_is_told_in_words(desk: Desk) -> None:
    (finding,) = desk.run("show", desk.ids["few"])["findings"]
    assert finding["blocks"]
    assert finding["detail"].endswith("in the year before that day: 3 of 5")


def test_each_approved_act_of_an_eligible_party_is_filed(desk: Desk) -> None:
    acts = desk.lake.rows(
        "select designation_id, party_id, kind, not_eligible is null from lake.rpt.rpt_doep order by party_id, kind"
    )
    assert [(party, kind, eligible) for _, party, kind, eligible in acts] == [
        ("P-dealer", "initial", False),
        ("P-dealer", "revoked", True),
        ("P-few", "initial", False),
        ("P-new", "initial", False),
        ("P-shop", "amended", True),
        ("P-shop", "initial", True),
    ]
    with connect(desk.lake.settings) as connection:
        for designation, _, kind, eligible in acts:
            errors = {each.rule for each in preview(connection, designation, "fincen-doep") if each.severity == "error"}
            assert errors == (set() if eligible else {"FD-002"})
            if not eligible:
                continue
            filing = generate(connection, desk.lake.settings, designation, "fincen-doep")
            assert filing.about == filing.designation_id == designation
            assert (filing.case_id, filing.business_day, filing.pdf_path) == (None, None, None)
            assert trace(connection, filing) == []
            assert all(check.held for check in verify(connection, desk.lake.settings, filing))
            written = filing.path.read_text()
            assert ("31000123456789" in written) == (kind == "revoked")
            assert ("River Foods" in written) == (kind == "amended")


def test_exempt_cash_is_in_no_report_and_the_register_tells_by_which_exemption(desk: Desk) -> None:
    reported = desk.lake.rows(
        "select business_day, party_id from lake.structuring.ctr_reports "
        f"where business_day >= date '{EFFECTIVE}' order by all"
    )
    assert reported == [
        (date(2026, 2, 2), "P-few"),
        (date(2026, 2, 4), "P-dealer"),
        (date(2026, 2, 5), "P-few"),
        (date(2026, 2, 5), "P-shop"),
    ]
    register = desk.lake.rows(
        "select business_day, party_id, direction, cash_amount, exempted_amount, exemption_ids "
        "from lake.rpt.rpt_ctr_register where exempted_amount > 0 order by all"
    )
    by = [desk.ids["shop"]]
    assert register == [
        (date(2026, 2, 2), "P-courier", "in", Decimal(23000), Decimal(12000), by),
        (date(2026, 2, 2), "P-shop", "in", Decimal(12000), Decimal(12000), by),
        (date(2026, 2, 3), "P-shop", "in", Decimal(13000), Decimal(13000), by),
        (date(2026, 2, 3), "P-shop", "out", Decimal(14000), Decimal(14000), by),
    ]


def test_a_day_of_exempt_cash_alone_has_nothing_to_file(desk: Desk) -> None:
    days = [day for (day,) in desk.lake.rows("select business_day from lake.rpt.rpt_ctr_day order by all")]
    assert date(2026, 2, 2) in days
    assert date(2026, 2, 3) not in days


def test_the_day_by_which_the_regulator_is_told_runs_from_the_first_exempt_cash(desk: Desk) -> None:
    (shop,) = desk.run("list", "--party", "P-shop")
    assert (shop["first_exempted_on"], shop["file_by"], shop["filed_on"]) == ("2026-02-02", "2026-03-04", None)
    told = {each["kind"]: each["state"] for each in desk.run("show", desk.ids["shop"])["deadlines"]}
    assert told["filing"] == "near"
    assert desk.run("list", "--party", "P-few")[0]["file_by"] is None


def _event(event: Event) -> dict[str, Any]:
    """The event as it is sent, its times in UTC."""
    named = {each.name for each in contract_for(event.topic).fields}
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in event.row.items()
        if name in named
    }


def _environment(lake: BuiltLake) -> dict[str, str]:
    settings = lake.settings
    assert settings.catalog
    assert settings.kafka_bootstrap_servers
    return {
        "VIGIL_HOME": str(settings.home),
        "VIGIL_DATA_PATH": settings.lake_data_path,
        "VIGIL_CATALOG": settings.catalog,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
    }
