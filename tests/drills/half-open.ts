import { setTimeout as pause } from 'node:timers/promises';
import type { Drill } from './drill.ts';

/** A gateway between them has forgotten their connections: both ends believe in them, nothing arrives, new ones work. */
export const halfOpen: Drill = {
  name: 'network-half-open',
  what: 'connections between services fall silent',
  async hurt({ network, signal }, forMs) {
    if (network.forgetConnections() === 0) throw new Error('there was no connection to forget');
    await pause(forMs, undefined, { signal }).catch(() => undefined);
    return '';
  },
};
