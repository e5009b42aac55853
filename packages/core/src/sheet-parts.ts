import { foreign, type Text } from './foreign-text.ts';

/** A message as a person reads it, before it has a form: Slack, a terminal and a mail lay the same sheet out. */
export interface Sheet {
  readonly tone: 'good' | 'warning' | 'danger';
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly value: Text }[];
  readonly lists: readonly { readonly title: string; readonly items: readonly Text[] }[];
  /** What to type on the host. */
  readonly command: string | null;
}

/** At most so many of what a ban or a campaign names. */
export const shown = 5;

export type Fact = readonly [label: string, value: Text];

export function sheet(
  tone: Sheet['tone'],
  title: string,
  rest: { facts?: readonly Fact[]; lists?: Sheet['lists']; command?: string },
): Sheet {
  return {
    tone,
    title,
    facts: (rest.facts ?? []).map(([label, value]) => ({ label, value })),
    lists: (rest.lists ?? []).filter(({ items }) => items.length > 0),
    command: rest.command ?? null,
  };
}

export const name = (text: string): Text => [foreign(text)];

/** As `2026-11-21 19:00 UTC`. */
export const moment = (instant: number): string =>
  `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
export const number = (value: number): string => value.toLocaleString('en');
export const count = (value: number, one: string, many = `${one}s`): string =>
  `${number(value)} ${value === 1 ? one : many}`;
