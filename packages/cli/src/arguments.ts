import { PortcullisError, parseDuration } from '@portcullis/contracts';
import { InvalidArgumentError } from 'commander';

/** A whole number from 1 on. */
export function readCount(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return Number(text);
}

/** A duration as the configuration spells it; stays text, which is what the API takes. */
export function readDuration(text: string): string {
  if (parseDuration(text) === undefined) {
    throw new InvalidArgumentError('A duration is seconds, or as 30s 10m 3h 1d 4w; -1 is for ever.');
  }
  return text;
}

/** @throws PortcullisError that stands for wrong usage: exit code 2 */
export function refuseUsage(sentence: string, hint: string): never {
  throw new PortcullisError('invalid_request', sentence, { hint });
}
