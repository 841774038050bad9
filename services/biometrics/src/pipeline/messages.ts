import type { Refused } from './decode.ts';
import type { Failed } from './examination.ts';
import type { Costs, Glance, Look, LookOptions, Track } from './look.ts';
import type { ModelBytes, Provider } from './models.ts';

/** What a worker thread is started with. */
export interface WorkerStart {
  /** The checked weights, in shared memory. */
  readonly models: ModelBytes;
  readonly provider: Provider;
  /** Batch sizes to run before the first job. */
  readonly rehearsed: readonly number[];
}

/** `look`: everything. `track`: where a face is and how it is turned. `glance`: the same for guidance, on a small picture. */
export type JobKind = 'look' | 'track' | 'glance';

/** One picture to look at. Its memory moves along. */
export interface Job {
  readonly image: Uint8Array<ArrayBuffer>;
  readonly options?: LookOptions | undefined;
}

/** To the worker, one at a time: jobs of one kind that go through the models together. */
export interface Batch {
  readonly kind: JobKind;
  readonly jobs: readonly Job[];
}

/** Of a job: Look, Track or Glance by its kind, or why there is none. */
export type Result = Look | Track | Glance | Refused | Failed;

/** From the worker: first `ready` with what batches cost, then the results of each batch, one for each job. */
export type Report =
  | { readonly kind: 'ready'; readonly costs: Costs }
  | { readonly kind: 'done'; readonly results: readonly Result[] };
