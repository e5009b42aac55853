import type { Clock, EnforcedBan, Firewall, FirewallChange, StructureReport } from '@portcullis/core';
import { gentlePlace, isGentlePlace, jailOf } from './names.ts';

/** Gives each jail a second place, for its gentle bans; to the backend it is another jail, with other ports. */
export function withGentlePlaces(firewall: Firewall, clock: Clock): Firewall {
  const { install, apply, advance, inspect, list } = firewall;
  return Object.assign(firewall, {
    sparesPorts: true,
    install: async (jails: readonly string[], bans: Iterable<EnforcedBan> = []) =>
      byJail(
        await install(
          jails.flatMap((jail) => [jail, gentlePlace(jail)]),
          Iterator.from(bans).map(inPlace),
        ),
      ),
    apply: (changes: Iterable<FirewallChange>) => apply(placed(changes, clock)),
    ...(advance && { advance: (changes: Iterable<FirewallChange>) => advance(placed(changes, clock)) }),
    inspect: async (alone) => byJail(await inspect(alone)),
    list: async () => (await list()).map(named),
  } satisfies Partial<Firewall>);
}

/** What goes to one place goes from the other, behind it: so there is no moment without a ban. */
function* placed(changes: Iterable<FirewallChange>, clock: Clock): Generator<FirewallChange> {
  for (const { gentle = false, ...change } of changes) {
    const { action, jail, until } = change;
    const [here, there] = gentle ? [gentlePlace(jail), jail] : [jail, gentlePlace(jail)];
    yield { ...change, jail: here };
    const isVoid = action === 'add' && until !== null && until <= clock.now();
    if (!isVoid) yield { ...change, action: 'remove', jail: there };
  }
}

const inPlace = (ban: EnforcedBan): EnforcedBan =>
  ban.gentle ? { ...ban, jail: gentlePlace(ban.jail) } : ban;

const named = (ban: EnforcedBan): EnforcedBan =>
  isGentlePlace(ban.jail) ? { ...ban, jail: jailOf(ban.jail), gentle: true } : ban;

function byJail({ faults, entries }: StructureReport): StructureReport {
  const sums = new Map<string, number>();
  for (const [place, count] of entries) sums.set(jailOf(place), (sums.get(jailOf(place)) ?? 0) + count);
  return { faults, entries: sums };
}
