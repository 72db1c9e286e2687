"""Names against lists: which entry of which list a party may be, and why."""
