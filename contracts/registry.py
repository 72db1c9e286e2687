"""The contracts of a folder, by topic."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path

import yaml

from contracts.contract import Contract, ContractError

TOPICS = Path(__file__).parent / "topics"


@cache
def load(folder: Path = TOPICS) -> dict[str, Contract]:
    """All contracts of ``folder``, by topic, in the order of their names.

    Raises:
        ContractError: a file is no valid contract, or two files claim one topic or one landing table.
    """
    found: dict[str, Contract] = {}
    tables: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f", line {mark.line + 1}" if mark else ""
            raise ContractError(f"{path}{where}: not YAML: {getattr(error, 'problem', None) or error}") from error
        contract = Contract.parse(raw, str(path))
        if contract.topic in found or contract.table in tables:
            raise ContractError(
                f"{path}: topic {contract.topic!r} or its table {contract.table!r} has a contract already"
            )
        found[contract.topic] = contract
        tables[contract.table] = contract.topic
    if not found:
        raise ContractError(f"{folder} holds no *.yml contract")
    return found


def contract_for(topic: str) -> Contract:
    """The contract of ``topic``.

    Raises:
        ContractError: there is none; the message lists the topics that have one.
    """
    contracts = load()
    if topic not in contracts:
        near = "".join(f", is {each} meant?" for each in get_close_matches(topic, contracts, 1))
        raise ContractError(f"topic {topic!r} has no contract{near or ';'} known topics: {', '.join(contracts)}")
    return contracts[topic]
