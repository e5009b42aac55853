import fs from 'node:fs';
import { PortcullisError } from '@portcullis/contracts';

/** Known where /etc/services is missing, as in a minimal container. */
const wellKnown = new Map([
  ['http', '80'],
  ['https', '443'],
]);

/** The text of /etc/services; empty where there is none. */
export function readServices(): string {
  try {
    return fs.readFileSync('/etc/services', 'utf8');
  } catch {
    return '';
  }
}

/** Whether a name stands for a port. */
export const isService = (name: string, services: string): boolean => portOf(name, services) !== undefined;

/** The ports that the jumps to a place are for, as `resolvePorts` gives them. */
export type PortsOf = (place: string) => readonly string[];

/**
 * Where web servers answer visitors: the ports of http and https, IANA's two of http-alt, and the usual one beside them. A
 * site on another port loses little: whoever goes on there is banned on all ports by the next verdict.
 */
const webPorts = ['80', '443', '8008', '8080', '8443'];

/**
 * The ports that a gentle ban closes, of those that a ban closes. Null: all of them, because each is a web port, or none.
 *
 * @param ports as `resolvePorts` gives them
 */
export function gentlePorts(ports: readonly string[]): readonly string[] | null {
  if (ports.every((port) => webPorts.includes(port))) return null;
  const closed = webPorts.filter((port) => ports.some((range) => covers(range, Number(port))));
  return closed.length === 0 ? null : closed;
}

function covers(range: string, port: number): boolean {
  const [first, last = first] = range.split(':').map(Number);
  return first! <= port && port <= last!;
}

/**
 * Ports as iptables-save prints them, so that a rule can be compared with what the kernel holds: `80`, `8000:8010`.
 *
 * @param services the text of /etc/services, where names are looked up
 * @throws invalid_config for a name that stands for no port
 */
export function resolvePorts(ports: readonly string[], services: string): string[] {
  const resolved = ports.map((spelled) => {
    if (/^[0-9]+$/.test(spelled)) return String(Number(spelled));
    const range = /^([0-9]+):([0-9]+)$/.exec(spelled);
    if (range !== null) return spellRange(Number(range[1]), Number(range[2]));
    return portOf(spelled, services) ?? unknownService(spelled);
  });
  return [...new Set(resolved)];
}

const spellRange = (first: number, last: number): string =>
  first === last ? `${first}` : `${first}:${last}`;

/** services(5): `name port/protocol aliases # comment`. */
function portOf(name: string, services: string): string | undefined {
  for (const line of services.split('\n')) {
    const [service, port, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (port !== undefined && (service === name || aliases.includes(name))) return port.split('/')[0];
  }
  return wellKnown.get(name);
}

function unknownService(name: string): never {
  throw new PortcullisError('invalid_config', `firewall.ports: /etc/services names no service "${name}".`, {
    hint: 'Write the port number instead.',
  });
}
