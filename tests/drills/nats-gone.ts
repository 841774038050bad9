import type { Drill } from './drill.ts';
import { oneFault } from './one-fault.ts';

/** kill -9; its store is there when it comes back. */
export const natsGone: Drill = {
  name: 'nats',
  what: 'NATS is gone',
  hurt: (scene, forMs) => oneFault(scene, { kind: 'kill', target: 'nats' }, forMs),
};
