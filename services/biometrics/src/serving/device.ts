import { BUCKETS } from '../pipeline/buckets.ts';
import type { Provider } from '../pipeline/models.ts';

/** How the models are served on a device. */
export interface Device {
  readonly provider: Provider;
  /** Inference threads unless the operator says otherwise. */
  readonly workers: number;
  /** Batch sizes that may be formed, rising. */
  readonly sizes: readonly number[];
  /** Those that are run and measured before the first request. */
  readonly rehearsed: readonly number[];
}

/**
 * A CPU: one single-threaded session a core, so that nothing spins and no core waits for another. Batches gain nothing
 * there, and the runtime keeps the memory of the largest one that it ever saw (35 MB for each picture); pairs stay open, to be
 * found out about. A GPU: two threads, one of which prepares
 * pictures while the device works for the other, and every size, each warm, because the first of its shape is slow.
 */
export function deviceOf(provider: Provider, cores: number): Device {
  if (provider === 'cpu') return { provider, workers: cores, sizes: [1, 2], rehearsed: [1] };
  return { provider, workers: Math.min(2, cores), sizes: BUCKETS, rehearsed: BUCKETS };
}
