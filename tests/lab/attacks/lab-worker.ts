import { parentPort, workerData } from 'node:worker_threads';
import { createLooker } from '@selfsame/biometrics/pipeline/look';
import type { ModelBytes } from '@selfsame/biometrics/pipeline/models';
import { loadModels } from '@selfsame/biometrics/pipeline/models';
import { randomOf } from '../../chaos/random.ts';
import { CATALOGUE } from './catalogue.ts';
import { createExaminer, type Outcome } from './examination.ts';
import { loadKit } from './portraits.ts';
import { recordings } from './species/recordings.ts';

/** What a thread of the lab is started with. */
export interface LabStart {
  readonly models: ModelBytes;
  readonly seed: number;
  /** Folder of somebody's own recordings; undefined without. */
  readonly recordings: string | undefined;
}

/** One presentation to make and to examine. */
export interface LabJob {
  readonly species: string;
  readonly index: number;
  /** Send its frames back, to be saved. */
  readonly save: boolean;
}

export type LabReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly outcome: Outcome; readonly frames: readonly Uint8Array[] }
  | { readonly kind: 'failed'; readonly message: string };

/** Entry of a thread of the lab: makes presentations and runs them through a pipeline of its own. */
const port = parentPort;
if (port === null) throw new Error('lab-worker.ts runs in a worker thread');
const { models, seed, recordings: folder } = workerData as LabStart;
const looker = createLooker(await loadModels(models));
const kit = await loadKit(looker);
const examiner = createExaminer(looker);
const everySpecies = folder === undefined ? CATALOGUE : recordings(folder);

port.on('message', async ({ species: id, index, save }: LabJob) => {
  let recorded: { readonly file?: string } = {};
  try {
    const species = everySpecies.find((one) => one.id === id);
    if (species === undefined) throw new Error(`no species ${id}`);
    const presentation = await species.make(kit, randomOf(seed, id, index), index);
    if ('file' in presentation) recorded = { file: presentation.file };
    const frames =
      presentation.kind === 'challenged'
        ? presentation.frames.map(({ image }) => image)
        : [presentation.image];
    const saved = save ? frames.map((frame) => frame.slice()) : [];
    const found = await examiner.examine(presentation, randomOf(seed, id, index, 'samples'));
    port.postMessage({
      kind: 'done',
      outcome: { species: id, index, ...recorded, ...found },
      frames: saved,
    } satisfies LabReport);
  } catch (error) {
    const message = `${recorded.file ?? `${id} ${index}`}: ${error instanceof Error ? error.message : String(error)}`;
    port.postMessage({ kind: 'failed', message } satisfies LabReport);
  }
});
port.postMessage({ kind: 'ready' } satisfies LabReport);
