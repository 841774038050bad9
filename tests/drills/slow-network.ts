import { setTimeout as pause } from 'node:timers/promises';
import type { Drill } from './drill.ts';

const fair = { delayMs: 0, stallShare: 0, stallMs: 0 };

/** Between edge and services, and between services: 60 ms each way, and one piece in twenty late by as much as a retransmission. */
export const slowNetwork: Drill = {
  name: 'network-slow',
  what: 'the network between services is slow and loses packets',
  async hurt({ network, signal }, forMs) {
    network.weather({ delayMs: 60, stallShare: 0.05, stallMs: 300 });
    try {
      await pause(forMs, undefined, { signal }).catch(() => undefined);
    } finally {
      network.weather(fair);
    }
    return '';
  },
};
