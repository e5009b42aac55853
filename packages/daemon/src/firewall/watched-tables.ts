import type { Conversation, Exec } from '../exec.ts';
import type { FilterTables } from './chains.ts';

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
  readonly #read: () => Promise<FilterTables>;
  #monitor: Conversation | null = null;
  #listensFrom = Number.POSITIVE_INFINITY;
  #startedAt = Number.NEGATIVE_INFINITY;
  #open = false;
  /** Grows with each change. */
  #changes = 0;
  #known: { readonly tables: FilterTables; readonly changes: number; readonly at: number } | null = null;

  constructor(exec: Exec, read: () => Promise<FilterTables>) {
    this.#exec = exec;
    this.#read = read;
  }

  open(): void {
    this.#open = true;
    if (this.#monitor === null) void this.#start();
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
    if (this.#open && this.#monitor === null && now - this.#startedAt >= readAgainAfter) void this.#start();
    const changes = this.#changes;
    const tables = await this.#read();
    const heard = this.#monitor !== null && now >= this.#listensFrom;
    this.#known = heard ? { tables, changes, at: now } : null;
    return tables;
  }

  async #start(): Promise<void> {
    this.#startedAt = performance.now();
    for (const program of ['iptables', 'ip6tables']) {
      const { stdout } = await this.#exec([program, '--version']).catch(() => ({ stdout: '' }));
      if (!stdout.includes('(nf_tables)')) return;
    }
    if (!this.#open || this.#monitor !== null) return;
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
