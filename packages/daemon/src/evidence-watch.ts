import type { Clock, Detector, Verdict } from '@portcullis/core';
import type { Health } from './health.ts';

/** How long after the latest of its kind a problem is over, in milliseconds. */
const overAfter = 60 * 60_000;
/** Sites and users that are told of at once; the rest are not, until some of these are over. */
const maxStrangers = 20;

/** Lines that name a registered site and were written by somebody else, by the journal's word. */
export interface Stranger {
  readonly site: string;
  readonly uid: number;
  readonly lines: number;
}

export interface EvidenceWatchOptions {
  readonly detector: Detector;
  readonly health: Health;
  readonly clock: Clock;
}

/** Tells the administrator of evidence that does not count, or not by itself. */
export class EvidenceWatch {
  readonly #options: EvidenceWatchOptions;
  #doubtful = 0;
  #doubtfulAt = 0;
  readonly #strangers = new Map<string, { site: string; uid: number; lines: number; at: number }>();

  constructor(options: EvidenceWatchOptions) {
    this.#options = options;
  }

  /** Takes clients that would be banned, but for doubts about their failures. */
  doubtful(verdicts: readonly Verdict[]): void {
    const latest = verdicts.at(-1);
    if (latest === undefined) return;
    this.#doubtful += verdicts.length;
    this.#doubtfulAt = this.#options.clock.now();
    const { network, jail, failures } = latest;
    this.#options.health.set(
      'doubtful_evidence',
      '',
      `${this.#doubtful === 1 ? 'An address is' : `${this.#doubtful} times an address was`} not banned because what speaks ` +
        `against it cannot be trusted; the latest is ${network} with ${failures} failures in the jail ${jail}. ` +
        `See which lines, and decide: portcullis why ${network}.`,
    );
  }

  strangers(found: readonly Stranger[]): void {
    for (const { site, uid, lines } of found) {
      const key = `${site} ${uid}`;
      const known = this.#strangers.get(key);
      if (known === undefined && this.#strangers.size >= maxStrangers) continue;
      const total = (known?.lines ?? 0) + lines;
      this.#strangers.set(key, { site, uid, lines: total, at: this.#options.clock.now() });
      this.#options.health.set(
        'wrong_sender',
        key,
        `${total} ${total === 1 ? 'line that names' : 'lines that name'} the site ${site} came from the user with the number ` +
          `${uid}, who is not the site’s: none counts. Either somebody forges evidence, or the site is registered with ` +
          `another user than the one that runs its PHP: getent passwd ${uid}, portcullis sites.`,
      );
    }
  }

  /** Tells of sources that are beyond their measure, and drops what is over. To be called now and then. */
  check(): void {
    const { health, clock, detector } = this.#options;
    const now = clock.now();
    if (this.#doubtful > 0 && now - this.#doubtfulAt >= overAfter) {
      this.#doubtful = 0;
      health.set('doubtful_evidence', '', null);
    }
    for (const [key, { at }] of this.#strangers) {
      if (now - at < overAfter) continue;
      this.#strangers.delete(key);
      health.set('wrong_sender', key, null);
    }
    const subjects = new Set<string>();
    for (const { config, jail } of detector.jails) {
      for (const { source, refused } of jail.exhausted(now)) {
        const name = detector.witnesses.nameOf(source);
        const subject = `${config.name} ${name}`;
        subjects.add(subject);
        health.set(
          'site_beyond_measure',
          subject,
          `The lines of ${name === '' ? 'no named site' : name} alone have got ${config.maxBansPerSite} addresses banned this hour, ` +
            `and would have ${refused} times more: until the hour is over, another site must witness, too. If this is an attack ` +
            `and not forged lines, raise max_bans_per_site_per_hour of the jail ${config.name}.`,
        );
      }
    }
    health.keep('site_beyond_measure', subjects);
  }
}
