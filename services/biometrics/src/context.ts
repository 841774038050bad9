import type { Bus } from '@selfsame/bus/bus';
import type { Database } from '@selfsame/database/database';
import type { Log } from '@selfsame/runtime/log';
import type { Images } from './images/images.ts';
import type { BiometricsTables } from './outbound/tables.ts';
import type { Vault } from './outbound/vault.ts';
import type { WorkerPool } from './outbound/worker-pool.ts';
import type { FaceSearch } from './search/face-search.ts';

/** What the use cases work with. */
export interface Context {
  readonly log: Log;
  readonly database: Database<BiometricsTables>;
  readonly vault: Vault;
  /** To tell, in a transaction, that a template came or went. */
  readonly bus: Pick<Bus<BiometricsTables>, 'enqueue'>;
  readonly pool: WorkerPool;
  /** Every searchable face, in memory. */
  readonly faces: FaceSearch;
  /** Pictures that applications want kept. */
  readonly images: Images;
  /** How long a candidate may wait for a person's verdict. */
  readonly candidateDays: number;
  /** A template is adapted no sooner after its last adaptation; milliseconds. */
  readonly adaptEveryMs: number;
}
