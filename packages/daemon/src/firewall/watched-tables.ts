import type { Conversation, Exec } from '../exec.ts';
import type { Chains, FilterTables } from './chains.ts';

/** It reads nothing from us, so the kernel ends it where we end, however that comes. */
const argv = ['setpriv', '--pdeathsig', 'KILL', 'nft', 'monitor'] as const;
/** A monitor that was just started may not listen yet, in milliseconds. */
const listensAfter = 2_000;
/** The tables are read again although nothing was told of a change, in milliseconds: who proves does not rely on being told. */
const readAgainAfter = 60_000;

/**
 * The filter tables of the kernel, read only where they may have changed. To read them takes two programs, which was most
 * of what an idle daemon did; so `nft monitor` tells of every change of nf_tables, whoever makes it.
 *
 * Without `nft`, or with the legacy iptables, of which it does not hear, they are read every time.
 */
export class WatchedTables {
  readonly #exec: Exec;
  readonly #chains: Pick<Chains, 'read' | 'inNfTables'>;
  #monitor: Conversation | null = null;
  #listensFrom = Number.POSITIVE_INFINITY;
  #startedAt = Number.NEGATIVE_INFINITY;
  #open = false;
  /** Grows with each change. */
  #changes = 0;
  #known: { readonly tables: FilterTables; readonly changes: number; readonly at: number } | null = null;

  constructor(exec: Exec, chains: Pick<Chains, 'read' | 'inNfTables'>) {
    this.#exec = exec;
    this.#chains = chains;
  }

  /** From the next look on the monitor runs, where there is one. */
  open(): void {
    this.#open = true;
  }

  close(): void {
    this.#open = false;
    this.#monitor?.stop();
    this.#forgetMonitor();
  }

  /** Whoever writes rules says so: the monitor tells it later than the next look may be. */
  changed(): void {
    this.#changes++;
  }

  async read(): Promise<FilterTables> {
    const now = performance.now();
    const known = this.#known;
    if (known !== null && known.changes === this.#changes && now - known.at < readAgainAfter) {
      return known.tables;
    }
    const changes = this.#changes;
    const tables = await this.#chains.read();
    if (this.#open && this.#monitor === null && now - this.#startedAt >= readAgainAfter) this.#start();
    const heard = this.#monitor !== null && now >= this.#listensFrom;
    this.#known = heard ? { tables, changes, at: now } : null;
    return tables;
  }

  #start(): void {
    if (!this.#chains.inNfTables) return;
    this.#startedAt = performance.now();
    const monitor = this.#exec.converse(argv, { output: () => this.#changes++ });
    this.#monitor = monitor;
    this.#listensFrom = performance.now() + listensAfter;
    void monitor.ended.then(() => {
      if (this.#monitor === monitor) this.#forgetMonitor();
    });
  }

  #forgetMonitor(): void {
    this.#monitor = null;
    this.#known = null;
    this.#listensFrom = Number.POSITIVE_INFINITY;
  }
}
