-- Who ended a ban, as the audit log names him; null where nobody did, and for what ended before this was kept.
ALTER TABLE bans ADD COLUMN lifted_by TEXT;
