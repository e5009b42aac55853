import type { BanStore, Detector, JailConfig, Network } from '@portcullis/core';

export interface Counting {
  readonly store: BanStore;
  readonly detector: Detector;
  readonly jails: () => readonly JailConfig[];
  readonly lastFailureId: () => number;
  /** Called with each network whose count is forgotten. */
  readonly onForget?: (network: Network, jail: string | null) => void;
}

/** What was counted of each network so far counts no longer, after a restart either. `jail` null: in every jail. */
export function forgetCounts(
  { store, detector, jails, lastFailureId, onForget = () => {} }: Counting,
  of: readonly { readonly jail: string | null; readonly network: Network }[],
): void {
  for (const { jail, network } of of) {
    detector.forget(network, jail);
    onForget(network, jail);
    const names = jail === null ? jails().map(({ name }) => name) : [jail];
    store.saveForgotten(names.map((name) => ({ jail: name, network, failureId: lastFailureId() })));
  }
}
