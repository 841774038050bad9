import type { Drill } from './drill.ts';
import { oneFault } from './one-fault.ts';

/** No space to write until events have waited for a while. */
export const natsDiskFull: Drill = {
  name: 'nats-disk-full',
  what: 'the disk of NATS is full',
  hurt: (scene, forMs) => oneFault(scene, { kind: 'fill_disk', target: 'nats' }, forMs),
};
