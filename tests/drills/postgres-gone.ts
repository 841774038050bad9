import type { Drill } from './drill.ts';
import { oneFault } from './one-fault.ts';

/** Immediate stop: nobody listens, and afterwards it recovers from its log. */
export const postgresGone: Drill = {
  name: 'postgres',
  what: 'Postgres is gone',
  hurt: (scene, forMs) => oneFault(scene, { kind: 'kill', target: 'postgres' }, forMs),
};
