"""The story of a case, drafted from its facts: who, what, when, where, how, why.

FinCEN asks for these six in its guidance on narratives (Guidance on Preparing a Complete and Sufficient SAR Narrative,
2003); goAML's reason of a report is the same story. An officer's own text replaces the draft.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from reports.casefile import CaseFile, Row
from reports.words import amount, count, day, listed, spoken

_NAMED = 5
_ACCOUNTS_NAMED = 20


def narrative(file: CaseFile) -> str:
    """The officer's text if there is one, else the draft; paragraphs are parted by a blank line."""
    own = file.case["officer_narrative"]
    return own.strip() if own and own.strip() else draft(file)


def draft(file: CaseFile) -> str:
    """Plain English paragraphs in which every figure comes from the case file."""
    paragraphs = [_what(file), *map(_who, file.subjects), _accounts(file), *_how(file)]
    paragraphs += [_sessions(file), _others(file), _why(file), _decision(file), _joint(file)]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _what(file: CaseFile) -> str:
    case, currency = file.case, file.case["base_currency"]
    names = listed([str(party["name"]) for party in file.subjects]) or "an unknown subject"
    period = _period(case)
    return (
        f"{file.entity['name']} reports suspicious activity of {names}: {count(len(file.transactions), 'movement')} "
        f"of {amount(case['amount'], currency)} in all {period}. "
        f"{_flows(file)}"
    )


def _period(case: Row) -> str:
    first, last = case["activity_from"], case["activity_to"]
    if first is None or last is None:
        return "on days not recorded"
    return f"on {day(first)}" if first == last else f"between {day(first)} and {day(last)}"


def _flows(file: CaseFile) -> str:
    currency = file.case["base_currency"]
    said = []
    for direction, verb in (("credit", "came in"), ("debit", "went out")):
        rows = [row for row in file.transactions if row["direction"] == direction]
        if rows:
            said.append(f"{amount(file.total(direction), currency)} {verb}, in {count(len(rows), 'movement')}")
    return f"{listed(said)}." if said else ""


def _who(party: Row) -> str:
    if party["party_type"] == "natural_person":
        facts = ["a natural person"]
        facts += (
            [f"born on {day(party['birth_date'])}"] if party["birth_date"] else ["whose date of birth is not known"]
        )
        facts += [f"of nationality {party['nationality']}"] if party["nationality"] else []
        facts += [f"occupation {party['occupation']}"] if party["occupation"] else []
    else:
        facts = ["a legal entity"]
        facts += [f"legal form {party['legal_form']}"] if party["legal_form"] else []
        facts += [f"incorporated on {day(party['incorporation_date'])}"] if party["incorporation_date"] else []
        facts += [f"industry code {party['industry_code']} (NAICS)"] if party["industry_code"] else []
    if party["addresses"]:
        place = party["addresses"][0]
        facts.append("of " + ", ".join(str(place[part]) for part in ("line", "town", "country") if place[part]))
    text = f"{party['name']} (party {party['party_id']}) is {', '.join(facts)}."
    if party["is_customer"]:
        since = f" since {day(party['onboarded_on'])}" if party["onboarded_on"] else ""
        text += f" The bank knows this customer{since}."
    else:
        text += " The bank keeps no account of this party."
    if party["expected_monthly_turnover"] is not None:
        expected = amount(party["expected_monthly_turnover"], party["expected_turnover_currency"] or "")
        text += f" The declared turnover is {expected} a month."
    if party["source_of_funds"]:
        text += f" The declared source of funds is: {party['source_of_funds']}."
    return text + (" The party is politically exposed." if party["pep"] else "")


def _accounts(file: CaseFile) -> str:
    moved = Counter(row["account_id"] for row in file.transactions)
    # All of them stand in the report itself; a text has an end.
    busiest = sorted(file.accounts, key=lambda account_id: -moved[account_id])[:_ACCOUNTS_NAMED]
    said = []
    for account_id, account in file.accounts.items():
        if account_id not in busiest:
            continue
        holders = listed([str(party["name"]) for party in file.holders(account)]) or "holders not known"
        opened = f", opened on {day(account['opened_on'])}" if account["opened_on"] else ""
        kind = f"{spoken(account['account_type'])} account".strip()
        number = account["account_number"] or account["account_id"]
        said.append(f"{number} ({kind} in {account['currency']} of {holders}{opened})")
    if rest := len(file.accounts) - len(said):
        said.append(count(rest, "other"))
    return f"The activity ran through {count(len(file.accounts), 'account')}: {listed(said)}." if said else ""


def _how(file: CaseFile) -> Iterable[str]:
    kinds: dict[tuple[str, str], list[Row]] = {}
    for row in file.transactions:
        kinds.setdefault((row["method"], row["direction"]), []).append(row)
    said = []
    for (method, direction), rows in sorted(kinds.items()):
        word = {"credit": "received", "debit": "sent"}[direction]
        if method == "cash":
            word = {"credit": "deposited", "debit": "withdrawn"}[direction]
        amounts = [row["base_amount"] for row in rows if row["base_amount"] is not None]
        least, most = (amount(edge(amounts, default=Decimal(0)), file.case["base_currency"]) for edge in (min, max))
        each = "" if len(amounts) < 2 else f", {least} each" if least == most else f", each from {least} to {most}"
        total = amount(sum(amounts, Decimal(0)), file.case["base_currency"])
        said.append(f"{count(len(rows), 'movement')} of {spoken(method)} {word}, {total} together{each}")
    if said:
        yield f"How: {'; '.join(said)}."
    places = sorted(
        {
            f"{row['branch_id']}" + (f" in {row['place_town']}" if row["place_town"] else "")
            for row in file.transactions
            if row["branch_id"]
        }
    )
    if places:
        yield f"Where: {count(len(places), 'branch', 'branches')}: {listed(places)}."
    hands: dict[str, int] = {}
    for row in file.transactions:
        if row["conductor_name"]:
            hands[row["conductor_name"]] = hands.get(row["conductor_name"], 0) + 1
    if hands:
        told = [f"{name} ({count(times, 'time')})" for name, times in sorted(hands.items())]
        yield f"At the counter or machine stood {listed(told)}."


def _sessions(file: CaseFile) -> str:
    """From which internet addresses and devices movements were ordered, the most used first."""
    said = []
    for column, noun, plural in (
        ("ip_address", "internet address", "internet addresses"),
        ("device_id", "device", "devices"),
    ):
        used = Counter(row[column] for row in file.transactions if row[column])
        ranked = sorted(used.items(), key=lambda item: (-item[1], item[0]))
        named = [f"{value} ({count(times, 'movement')})" for value, times in ranked[:_NAMED]]
        if rest := len(ranked) - len(named):
            named.append(count(rest, "other"))
        said += [f"{count(len(ranked), noun, plural)}: {listed(named)}"] if named else []
    return f"Movements were ordered from {'; and from '.join(said)}." if said else ""


def _others(file: CaseFile) -> str:
    said = []
    for direction, role, words in (("credit", "debtor", "came from"), ("debit", "creditor", "went to")):
        sums: dict[str, Decimal] = {}
        for row in file.transactions:
            if row["direction"] == direction and row["method"] != "cash" and row[f"{role}_name"]:
                country = f" ({row[f'{role}_country']})" if row[f"{role}_country"] else ""
                name = f"{row[f'{role}_name']}{country}"
                sums[name] = sums.get(name, Decimal(0)) + (row["base_amount"] or Decimal(0))
        if sums:
            ranked = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
            named = [f"{name} {amount(value, file.case['base_currency'])}" for name, value in ranked[:_NAMED]]
            rest = ranked[_NAMED:]
            if rest:
                left = amount(sum((value for _, value in rest), Decimal(0)), file.case["base_currency"])
                named.append(f"{count(len(rest), 'other')} {left}")
            said.append(f"The money not in cash {words} {listed(named)}.")
    return " ".join(said)


def _why(file: CaseFile) -> str:
    """Of each scenario the last alert, which saw the most; a scenario that fired again and again is told once.

    An alert of which officers struck every movement says nothing any more.
    """
    fired: dict[tuple[str, int], list[Row]] = {}
    standing = [alert for alert in file.alerts if alert["struck_transactions"] < alert["transaction_count"]]
    for alert in sorted(standing, key=lambda alert: (alert["detected_at"], alert["alert_id"])):
        fired.setdefault((alert["scenario_id"], alert["scenario_version"]), []).append(alert)
    said = []
    for alerts in fired.values():
        first, last = (day(file.local(alert["detected_at"]).date()) for alert in (alerts[0], alerts[-1]))
        name = f"the scenario {alerts[-1]['scenario_name'] or alerts[-1]['scenario_id']}"
        scenario = f"{name} (version {alerts[-1]['scenario_version']})"
        reason = str(alerts[-1]["reason"]).rstrip(".")
        if struck := alerts[-1]["struck_transactions"]:
            reason += f", counting {count(struck, 'movement')} taken out of evidence since"
        if len(alerts) == 1:
            said.append(f"On {first} {scenario} fired: {reason}.")
        else:
            when = f"on {first}" if first == last else f"from {first} to {last}"
            said.append(
                f"{scenario[0].upper()}{scenario[1:]} fired {len(alerts)} times {when}, the last time: {reason}."
            )
        if alerts[-1]["typology"]:
            said.append(f"Typology: {str(alerts[-1]['typology']).rstrip('.')}.")
    return " ".join(["Why it is suspicious:", *said]) if said else ""


def _decision(file: CaseFile) -> str:
    case = file.case
    if case["approved_by"] is None:  # a draft from before the decision
        return ""
    decided = f" on {day(file.local(case['determination_at']).date())}" if case["determination_at"] else ""
    reason = f" with the reason: {str(case['decision_reason']).rstrip('.')}" if case["decision_reason"] else ""
    return (
        f"{case['disposed_by_name'] or case['disposed_by']} decided{decided} to report{reason}. "
        f"{case['approved_by_name'] or case['approved_by']} approved the report on {day(file.approved_on)}."
    )


def _joint(file: CaseFile) -> str:
    filers = file.case["joint_filers"] or []
    named = [f"{each['name']}, contact {each['contact']}" if each["contact"] else str(each["name"]) for each in filers]
    return f"This report is filed jointly by {file.entity['name']} and {'; '.join(named)}." if named else ""
