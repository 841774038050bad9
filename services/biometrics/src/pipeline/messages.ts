import type { Refused } from './decode.ts';
import type { Failed } from './examination.ts';
import type { Look, LookOptions, Sighting, Track } from './look.ts';
import type { ModelBytes } from './models.ts';

/** What a worker thread is started with: the checked weights, in shared memory. */
export interface WorkerStart {
  readonly models: ModelBytes;
}

/** `look`: everything. `track`: where a face is and how it is turned. `glance`: detection only, on a small picture. */
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

/** Of a job: Look, Track or Sighting by its kind, or why there is none. */
export type Result = Look | Track | Sighting | Refused | Failed;

/** From the worker: first `ready`, then one report for each batch. Errors cross as text, without the image. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly results: readonly Result[] }
  | { readonly kind: 'failed'; readonly message: string };
