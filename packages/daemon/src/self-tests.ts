import { PortcullisError, type SelfTest } from '@portcullis/contracts';
import {
  type Clock,
  Detector,
  ExemptionList,
  type JailConfig,
  type Network,
  selfTestAddress,
  selfTestSite,
  type WordPressLine,
} from '@portcullis/core';

/** How long a line is looked for, in milliseconds. */
const patience = 60_000;
/** Tests that are remembered; beyond it the oldest is forgotten. */
const maxRemembered = 16;
const words = 'Authentication attempt for unknown user ';

export interface SelfTestsOptions {
  readonly clock: Clock;
  readonly jails: () => readonly JailConfig[];
}

/**
 * Follows marked lines from syslog to what they would lead to. Such a line never counts, whatever it holds (`isSelfTest`);
 * the random number in it only tells which of them has arrived. A forged line with another number is nobody's.
 */
export class SelfTests {
  readonly #options: SelfTestsOptions;
  readonly #byNonce = new Map<string, SelfTest>();
  #lastId = 0;

  constructor(options: SelfTestsOptions) {
    this.#options = options;
  }

  begin(): SelfTest {
    const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex');
    const test: SelfTest = {
      id: ++this.#lastId,
      ident: `wordpress(${selfTestSite})`,
      message: `${words}${nonce} from ${selfTestAddress}`,
      until: iso(this.#options.clock.now() + patience),
      seen: null,
    };
    if (this.#byNonce.size >= maxRemembered) this.#byNonce.delete(this.#byNonce.keys().next().value!);
    this.#byNonce.set(nonce, test);
    return test;
  }

  /** @throws PortcullisError not_found */
  get(id: number): SelfTest {
    const test = this.#byNonce.values().find((one) => one.id === id);
    if (test !== undefined) return test;
    throw new PortcullisError('not_found', `There is no self-test ${id}.`, {
      hint: 'The daemon may have been restarted: run `portcullis doctor` again.',
    });
  }

  /** A line of a self-test came. Each test takes the first that has its number, in time. */
  arrived(log: string, line: WordPressLine, address: Network, now: number): void {
    const test = this.#byNonce.get(line.user() ?? '');
    if (test === undefined || test.seen !== null || now > Date.parse(test.until)) return;
    test.seen = {
      log,
      at: iso(now),
      stamp: Number.isNaN(line.time) ? null : iso(line.time),
      jails: this.#wouldBan(line, address, now),
    };
  }

  /** Counts the line maxretry times in jails made for it alone. Who is exempt does not matter: the address is nobody's. */
  #wouldBan(line: WordPressLine, address: Network, now: number): string[] {
    const { filters } = line.message!;
    return this.#options
      .jails()
      .filter((jail) => {
        const scratch = new Detector([jail], exemptNobody, 0);
        return scratch.count(filters, address, line.time, now, 1, jail.maxretry).length > 0;
      })
      .map(({ name }) => name);
  }
}

const exemptNobody = { everywhere: new ExemptionList(), byJail: new Map() };
const iso = (instant: number): string => new Date(instant).toISOString();
