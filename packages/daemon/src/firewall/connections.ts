import { setTimeout as wait } from 'node:timers/promises';
import { type EnforcedBan, type FirewallConfig, type Network, parseNetwork } from '@portcullis/core';
import type { Argv, Exec } from '../exec.ts';
import { ExecError } from '../exec-error.ts';
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
  /** Called with how many connections were closed, where some were. */
  readonly onClosed: (connections: number) => void;
  /** Called once, with a sentence, when they cannot be closed. */
  readonly onTrouble: (sentence: string) => void;
}

/**
 * How long bans gather, in milliseconds. To start a process stops everything else for some of them, and the next ban must not
 * wait for it; what the connections send is refused meanwhile.
 */
const gatherTime = 200;

/**
 * Closes the TCP connections that banned networks hold to the banned ports, by `ss --kill` (the kernel's SOCK_DESTROY).
 *
 * The rules refuse every packet of a banned network already; what this adds is that the server knows: its worker, its
 * memory and its place among the connections are free at once, not when its own timeouts come. It closes what the ban
 * refuses and nothing else: same networks, same ports. Sockets of containers are in namespaces of their own and are not
 * reached. UDP has no connections; QUIC's end by their own timeout.
 *
 * Never part of a ban: it begins when the kernel holds the ban, runs beside everything else, one process at a time for
 * all bans that gathered meanwhile, and its failure changes nothing but that connections stay.
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
    await wait(gatherTime);
    while (this.#waiting.size > 0 && this.#possible !== false) {
      const bans = [...this.#waiting.values()];
      this.#waiting.clear();
      try {
        this.#ports ??= this.#portFilters();
        const ports = this.#ports;
        for (const [filter, group] of Map.groupBy(bans, ({ gentle }) =>
          gentle ? ports.gentle : ports.all,
        )) {
          const networks = group.map(({ network }) => network);
          for (const some of await this.#withConnections(filter, networks)) await this.#close(filter, some);
        }
      } catch (error) {
        if (error instanceof ExecError && error.facts.errno === 'ENOENT') {
          this.#possible = false;
          this.#tell('the program ss is missing: install iproute2');
        } else this.#tell(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** In parts for one run each. Of many, those alone that hold a connection: most have none. */
  async #withConnections(ports: string, networks: readonly Network[]): Promise<Network[][]> {
    if (networks.length <= networksAtOnce) return [[...networks]];
    const wanted = new Map(networks.map((network) => [String(network), network]));
    const prefixes = new Map(
      networks.map(({ family, prefix }) => [`${family}/${prefix}`, { family, prefix }]),
    );
    const found = new Set<Network>();
    await this.#options.exec.lines(
      ss(),
      (line) => {
        const peer = peerOf(line);
        for (const { family, prefix } of peer === null ? [] : prefixes.values()) {
          const hit = peer!.family === family ? wanted.get(String(peer!.widen(prefix))) : undefined;
          if (hit !== undefined) found.add(hit);
        }
      },
      { input: `${ports}\n`, timeoutMs },
    );
    const all = [...found];
    return Array.from({ length: Math.ceil(all.length / networksAtOnce) }, (_, part) =>
      all.slice(part * networksAtOnce, (part + 1) * networksAtOnce),
    );
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

/** Whose a connection is: the last column, an address, perhaps in brackets, and a port. */
function peerOf(line: string): Network | null {
  const peer = line.trimEnd().split(/\s+/).at(4);
  return peer === undefined ? null : parseNetwork(peer.replace(/:\d+$/, '').replace(/^\[|\]$|%.*$/g, ''));
}
