import type { Signal } from '../signal.ts';
import { networkAddressSignals } from './network-address.ts';
import { networkConsistencySignals } from './network-consistency.ts';
import { networkPlaceSignals } from './network-place.ts';
import { networkReputationSignals } from './network-reputation.ts';

/** What databases and lists say of the client's address, and whether the browser fits it. */
export const networkSignals: readonly Signal[] = [
  ...networkAddressSignals,
  ...networkReputationSignals,
  ...networkPlaceSignals,
  ...networkConsistencySignals,
];
