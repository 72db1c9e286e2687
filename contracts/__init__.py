"""What an event is: one contract a topic, the only place where an event's fields are named and typed."""

from contracts.contract import Contract, ContractError, Field
from contracts.registry import contract_for, load

__all__ = ["Contract", "ContractError", "Field", "contract_for", "load"]
