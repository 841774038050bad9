import type { Refused } from './decode.ts';
import type { Look, Sighting } from './look.ts';
import type { ModelBytes } from './models.ts';

/** What a worker thread is started with: the checked weights, in shared memory. */
export interface WorkerStart {
  readonly models: ModelBytes;
}

/** To the worker: one job at a time. The image's memory moves along. */
export interface Job {
  /** `look`: everything. `glance`: detection only, on a small picture. */
  readonly kind: 'look' | 'glance';
  readonly image: Uint8Array<ArrayBuffer>;
}

/** Of a look: Look or Refused. Of a glance: Sighting or Refused. */
export type Result = Look | Sighting | Refused;

/** From the worker: first `ready`, then one report for each job. Errors cross as text, without the image. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly message: string };
