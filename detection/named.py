"""Which accounts an alert names."""

from __future__ import annotations


def named_accounts(alerts: str) -> str:
    """SQL of the rows of the relation ``alerts``, one an alert and account that it names.

    An account's alert names the account, a party's those that the party ever held; ``account_id`` stands in the place
    of ``subject_type`` and ``subject_id``. The lake is attached.
    """
    return f"""
        select alerts.* exclude (subject_type, subject_id), alerts.subject_id as account_id
        from {alerts} as alerts
        where alerts.subject_type = 'account'
        union all
        select alerts.* exclude (subject_type, subject_id), holdings.account_id
        from {alerts} as alerts
        join (
            select distinct account_id, unnest(holder_party_ids) as party_id from lake.intermediate.int_account_holders
        ) as holdings on holdings.party_id = alerts.subject_id
        where alerts.subject_type = 'party'
    """  # noqa: S608
