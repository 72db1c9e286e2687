"""The people of vigil demo: officers who decide, exempt and send, and the regulator's answers, as events in time."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

import contracts.exemptions
import contracts.filings
import reports
from cases.events import send
from cli.console import Ticker, progress
from cli.environment import client
from cli.filing_life import put_right
from lakehouse.attach import connect
from lakehouse.settings import Settings
from reports import Filing
from reports.profile import load
from simulator import filing_desk
from simulator.bank import Simulation
from simulator.filing_desk import Made
from simulator.officers import MLRO, as_messages, decide
from simulator.producer import produce

# One day's batch under this profile, the last, comes back with an error and is sent again.
_RETURNED_ONCE = "fincen-ctr"


def exempt(settings: Settings, simulation: Simulation) -> int:
    """Let officers exempt a customer from reports of cash; returns how many acts they put on the topic."""
    return _send(settings, contracts.exemptions.TOPIC, simulation.exemptions())


def decide_cases(settings: Settings) -> int:
    """Let officers decide on the candidate cases; returns how many acts they put on the topic."""
    assert settings.kafka_bootstrap_servers is not None
    with connect(settings, read_only=True) as connection:
        cases = connection.execute("select * from lake.str.cases where status = 'candidate'").pl()
        latest = connection.execute("select max(last_alert_at) from lake.str.cases").fetchone()
    if cases.is_empty() or latest is None:
        progress("no case waits for a decision")
        return 0
    acts = decide(cases, latest[0])
    progress(f"{len(acts):,} acts on {len(cases):,} cases")
    servers, tick = settings.kafka_bootstrap_servers, Ticker("decided")
    return sum(produce([as_messages(acts)], servers, progress=tick, client=client(settings)).values())


def send_cash(settings: Settings) -> int:
    """Send what was filed of cash and exemptions, and let the regulator answer; one day comes back with an error.

    Returns how many steps were put on the topic; filings of which any has been taken up before are left alone.
    """
    waiting = _waiting(settings)
    days = [each.filing_ref for each in sorted(waiting, key=lambda each: each.since) if each.profile == _RETURNED_ONCE]
    progress(f"{len(waiting):,} filings are sent; the regulator returns {', '.join(days[-1:]) or 'none'}")
    return _send(settings, contracts.filings.TOPIC, filing_desk.send(waiting, days[-1:]))


def send_rest(settings: Settings) -> int:
    """Correct what came back, and send it and all else that waits; returns how many steps were put on the topic."""
    with connect(settings, read_only=True) as connection:
        found = connection.execute(
            "select filing_ref, answered_at from lake.str.filings where status = 'returned'"
        ).fetchall()
    corrected = [
        _made(put_right(settings, filing_ref, MLRO.officer_id, at.replace(tzinfo=UTC)), at.date())
        for filing_ref, at in found
    ]
    there = {each.filing_ref for each in corrected}
    waiting = [*corrected, *(each for each in _waiting(settings) if each.filing_ref not in there)]
    progress(f"{len(waiting):,} filings are sent, of which {len(corrected)} in the place of one that came back")
    # A correction puts the last step of the one that came back on the topic itself.
    return _send(settings, contracts.filings.TOPIC, filing_desk.send(waiting)) + len(corrected)


def _waiting(settings: Settings) -> list[Made]:
    """The filings of the outbox that nobody has sent, as far as has landed."""
    with connect(settings, read_only=True) as connection:
        sent = {
            filing_ref
            for (filing_ref,) in connection.execute(
                "select filing_ref from lake.landing.compliance_filings where status = 'submitted'"
            ).fetchall()
        }
    return [_made(each) for each in reports.list_filings(settings.home) if each.filing_ref not in sent]


def _made(filing: Filing, since: date | None = None) -> Made:
    manifest = filing.manifest
    about = {
        "case_id": filing.case_id,
        "business_day": filing.business_day,
        "designation_id": filing.designation_id,
    }
    return Made(
        filing.filing_ref,
        filing.profile,
        filing.sha256,
        {name: value for name, value in about.items() if value is not None},
        since or filing.business_day or date.fromisoformat(manifest["filed_on"]),
        manifest["reports"] if load(filing.profile).repeats else 1,
    )


def _send(settings: Settings, topic: str, events: list[dict[str, Any]]) -> int:
    assert settings.kafka_bootstrap_servers is not None
    return len(send(settings.kafka_bootstrap_servers, topic, events, client(settings))) if events else 0
