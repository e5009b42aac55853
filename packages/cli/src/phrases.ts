import type { Ban } from '@portcullis/contracts';
import { visible } from './terminal.ts';

/** Made when it is wanted: it brings 5 MB of ICU's data into memory, and the daemon never wants it. */
let grouped: Intl.NumberFormat | undefined;

/** `1,204`. */
export const number = (value: number): string => {
  grouped ??= new Intl.NumberFormat('en');
  return grouped.format(value);
};

/** `1 ban`, `1,204 bans`. */
export const plural = (value: number, one: string, many: string = `${one}s`): string =>
  `${number(value)} ${value === 1 ? one : many}`;

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** `2 s`, `5 min`, `3 h`, `12 d`: the largest unit of which there is one and a half, rounded. */
export function span(ms: number): string {
  const length = Math.abs(ms);
  const [name, size] = units.find(([, unit]) => length >= unit * 1.5) ?? ['s', 1000];
  return `${number(Math.round(length / size))} ${name}`;
}

/** `5 min ago`. */
export const ago = (instant: string, now: number): string => {
  const ms = now - Date.parse(instant);
  return ms < 500 ? 'now' : `${span(ms)} ago`;
};

/** `in 23 h`; `never` where there is no end; `now` where it is over. */
export const ahead = (instant: string | null, now: number): string => {
  if (instant === null) return 'never';
  const ms = Date.parse(instant) - now;
  return ms < 500 ? 'now' : `in ${span(ms)}`;
};

/** `2026-11-21 19:00:53 UTC`. */
export const at = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;

/** `1.2 MB`. */
export function bytes(count: number): string {
  const steps = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(steps.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  return `${step === 0 ? count : (count / 1000 ** step).toFixed(1)} ${steps[step]}`;
}

/** `blog.example.com 10, shop.example.com 2`, the highest first; lines without a site are `(no site)`. */
export const tally = (counts: Readonly<Record<string, number>>): [string, number][] =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => [name === '' ? '(no site)' : name, count]);

/** `DE, Hetzner Online GmbH (AS24940)`, as far as it is known; else empty. */
export function origin({ country, asn, as_name }: Pick<Ban, 'country' | 'asn' | 'as_name'>): string {
  const number = asn == null ? null : `AS${asn}`;
  const network = as_name == null ? number : `${visible(as_name)} (${number})`;
  return [country, network].filter((part) => part != null).join(', ');
}
