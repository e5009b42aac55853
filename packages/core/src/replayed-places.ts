import type { Network } from './address.ts';
import { loginClient } from './logins.ts';

/** Where a failure came from. */
export interface ReplayedPlace {
  readonly site: string;
  /** Whose logins count for it; null: those of the network that the jail counts. */
  readonly client: Network | null;
}

/** Sites that are told apart; the Host header is a client's to choose. The rest are counted under one name. */
const maxPlaces = 100_000;
const otherSites = '(other)';

/** Numbers for places: a replay counts each failure under its place's, because there are millions of failures. */
export class ReplayedPlaces {
  readonly #places: ReplayedPlace[] = [];
  readonly #ids = new Map<string, number>();

  get(id: number): ReplayedPlace {
    return this.#places[id]!;
  }

  of(site: string): number {
    return this.#ids.get(site) ?? this.#add(site, { site, client: null });
  }

  /** The same where a jail counts networks that hold several clients. */
  ofClient(site: string, address: Network): number {
    const client = loginClient(address);
    const key = `${client} ${site}`;
    return this.#ids.get(key) ?? this.#add(key, { site, client });
  }

  #add(key: string, place: ReplayedPlace): number {
    if (this.#places.length >= maxPlaces && key !== otherSites) return this.of(otherSites);
    const id = this.#places.push(place) - 1;
    this.#ids.set(key, id);
    return id;
  }
}
