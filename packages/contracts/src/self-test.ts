import { array, describe, instant, integer, nullable, object, type Static, string } from './schema.ts';

/** One line that goes through syslog and is looked for in what the daemon reads. */
export const SelfTest = object({
  id: integer,
  ident: describe('What the line is to be tagged with.', string),
  message: describe('What it is to say: it holds a number that nobody can guess.', string),
  until: describe('When it is no longer looked for.', instant),
  seen: describe(
    'Where and when it came; null: not yet.',
    nullable(
      object({
        log: describe('The file, or `journal`.', string),
        at: describe('When the daemon read it.', instant),
        stamp: describe('When it was written, as its own stamp is understood.', nullable(instant)),
        jails: describe('Jails that would ban a client for enough lines like this one.', array(string)),
      }),
    ),
  ),
});
export type SelfTest = Static<typeof SelfTest>;
