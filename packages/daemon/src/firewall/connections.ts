import { setTimeout as wait } from 'node:timers/promises';
import type { EnforcedBan, FirewallConfig, Network } from '@portcullis/core';
import type { Argv, Exec } from '../exec.ts';
import { ExecError } from '../exec-error.ts';
import { withConnections } from './open-connections.ts';
import { gentlePorts, readServices, resolvePorts } from './ports.ts';

/** Networks that one run of `ss` is told: its filter is compared with every connection. */
const networksAtOnce = 200;
/** Networks that wait; more than that is not an attack by open connections, and the rest is left to time. */
const maxWaiting = 50_000;
/** A run's limit: stopping waits for it. */
const timeoutMs = 3_000;

/** A ban whose connections are to be closed. */
type ClosingBan = Pick<EnforcedBan, 'network' | 'gentle'>;

export interface ConnectionsOptions {
  readonly config: Pick<FirewallConfig, 'ports' | 'closeConnections' | 'backend'>;
  readonly exec: Exec;
  /** Where the kernel's tables of TCP connections are. Default: `/proc/net`. */
  readonly tables?: string;
  /** Called with how many connections were closed, where some were. */
  readonly onClosed: (connections: number) => void;
  /** Called once, with a sentence, when they cannot be closed. */
  readonly onTrouble: (sentence: string) => void;
}

/**
 * How long bans gather, in milliseconds: one look at the connections serves all of them, and one process, whose start stops
 * everything else for some milliseconds. What the connections send is refused meanwhile.
 */
const gatherTime = 200;
/** Where a look takes long, the next bans gather so many times as long, up to a bound: 50,000 connections take 0.1 to 0.2 s. */
const restFactor = 5;
const maxPause = 1_000;

/**
 * Closes the TCP connections that banned networks hold to the banned ports, by `ss --kill` (the kernel's SOCK_DESTROY).
 *
 * The rules refuse every packet of a banned network already; what this adds is that the server knows: its worker, its
 * memory and its place among the connections are free at once, not when its own timeouts come. It closes what the ban
 * refuses and nothing else: same networks, same ports. Sockets of containers are in namespaces of their own and are not
 * reached. UDP has no connections; QUIC's end by their own timeout.
 *
 * Never part of a ban: it begins when the kernel holds the ban, runs beside everything else, one process at a time for
 * all bans that gathered meanwhile and hold a connection, and its failure changes nothing but that connections stay.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #waiting = new Map<string, ClosingBan>();
  #running: Promise<void> | null = null;
  #ports: { readonly all: string; readonly gentle: string } | null = null;
  /** Null: not known yet. False: `ss` is missing, or the kernel cannot do it. */
  #possible: boolean | null = null;
  #told = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    const { closeConnections, backend } = options.config;
    if (!closeConnections || backend === 'dry-run') this.#possible = false;
  }

  /** The kernel holds these bans now. */
  banned(bans: Iterable<ClosingBan>): void {
    if (this.#possible === false) return;
    for (const { network, gentle = false } of bans) {
      const key = String(network);
      const other = this.#waiting.get(key);
      if (other !== undefined) this.#waiting.set(key, { network, gentle: gentle && other.gentle === true });
      else if (this.#waiting.size < maxWaiting) this.#waiting.set(key, { network, gentle });
    }
    if (this.#waiting.size > 0) this.#running ??= this.#run().finally(() => (this.#running = null));
  }

  /** Nothing of these is closed any more. */
  unbanned(networks: Iterable<Network>): void {
    for (const network of networks) this.#waiting.delete(String(network));
  }

  /** Forgets what waits, and ends with what is under way. */
  async stop(): Promise<void> {
    this.#waiting.clear();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let pause = gatherTime; this.#waiting.size > 0 && this.#possible !== false; ) {
      await wait(pause);
      // They were forgotten, or unbanned.
      if (this.#waiting.size === 0) return;
      const start = performance.now();
      const looked = [...this.#waiting.values()].map(({ network }) => network);
      try {
        const connected = await withConnections(looked, this.#options.tables ?? '/proc/net');
        await this.#closeAll(
          this.#takeWaiting(looked).filter(({ network }) => connected.has(String(network))),
        );
      } catch (error) {
        this.#takeWaiting(looked);
        if (error instanceof ExecError && error.facts.errno === 'ENOENT') {
          this.#possible = false;
          this.#tell('the program ss is missing: install iproute2');
        } else this.#tell(error instanceof Error ? error.message : String(error));
      }
      pause = Math.min(Math.max(gatherTime, restFactor * (performance.now() - start)), maxPause);
    }
  }

  /** Those of some networks that still wait; from now on they do not. */
  #takeWaiting(networks: readonly Network[]): ClosingBan[] {
    return networks.flatMap((network) => {
      const key = String(network);
      const ban = this.#waiting.get(key);
      this.#waiting.delete(key);
      return ban ?? [];
    });
  }

  async #closeAll(bans: readonly ClosingBan[]): Promise<void> {
    if (bans.length === 0) return;
    this.#ports ??= this.#portFilters();
    const ports = this.#ports;
    for (const [filter, group] of Map.groupBy(bans, ({ gentle }) => (gentle ? ports.gentle : ports.all))) {
      for (let at = 0; at < group.length; at += networksAtOnce) {
        const some = group.slice(at, at + networksAtOnce);
        await this.#close(
          filter,
          some.map(({ network }) => network),
        );
      }
    }
  }

  async #close(ports: string, networks: readonly Network[]): Promise<void> {
    const peers = networks.map((network) => `dst ${network}`).join(' or ');
    const input = `${ports} and ( ${peers} )\n`;
    const { stdout } = await this.#options.exec(ss('--kill'), { input, timeoutMs });
    const closed = linesOf(stdout);
    if (closed > 0) {
      this.#possible = true;
      this.#options.onClosed(closed);
    } else if (this.#possible === null) {
      // ss says nothing where the kernel refuses: what is still there tells.
      const { stdout: left } = await this.#options.exec(ss(), { input, timeoutMs });
      if (linesOf(left) === 0) return;
      this.#possible = false;
      this.#tell('this kernel cannot (CONFIG_INET_DIAG_DESTROY), or the daemon may not (CAP_NET_ADMIN)');
    }
  }

  #portFilters() {
    const ports = resolvePorts(this.#options.config.ports, readServices());
    return { all: portFilter(ports), gentle: portFilter(gentlePorts(ports) ?? ports) };
  }

  #tell(why: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#options.onTrouble(
      `Open connections of banned addresses are not closed: ${why}. The bans hold all the same.`,
    );
  }
}

/** Connections that the server still holds. The kernel closes no others: of those in time-wait little more than a name is left. */
const states = ['state', 'established', 'state', 'close-wait'] as const;
const ss = (...more: string[]): Argv => [
  'ss',
  '--no-header',
  '--tcp',
  '--numeric',
  '--oneline',
  ...more,
  '--filter=-',
  ...states,
];

function portFilter(ports: readonly string[]): string {
  const filters = ports.map((port) => {
    const [first, last] = port.split(':');
    return last === undefined ? `sport = :${first}` : `( sport >= :${first} and sport <= :${last} )`;
  });
  return `( ${filters.join(' or ')} )`;
}

const linesOf = (text: string): number => text.split('\n').filter((line) => line.trim() !== '').length;
