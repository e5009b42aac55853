-- 1: the ban closes the web's ports only, because it may hit somebody who is known.
ALTER TABLE bans ADD COLUMN gentle INTEGER NOT NULL DEFAULT 0;
