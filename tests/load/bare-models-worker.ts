import { parentPort, workerData } from 'node:worker_threads';
import { createLooker } from '@selfsame/biometrics/pipeline/look';
import { loadModels, type Model, type ModelBytes, type Models } from '@selfsame/biometrics/pipeline/models';

/** One thread of the bare limit: the tensors that real looks gave the models, through the models alone. */
export interface BareModelsStart {
  models: ModelBytes;
  frames: Uint8Array[];
  forMs: number;
}

export interface BareModelsReport {
  /** Milliseconds of all models for one frame, one entry a frame. */
  framesMs: number[];
  elapsedMs: number;
}

interface RecordedRun {
  model: Model;
  input: Float32Array;
  shape: readonly number[];
}

const { models: bytes, frames, forMs } = workerData as BareModelsStart;
const models = await loadModels(bytes);
const recorded: RecordedRun[][] = [];
for (const frame of frames) {
  const runs: RecordedRun[] = [];
  await createLooker(recording(models, runs)).look(frame);
  recorded.push(runs);
}
parentPort?.once('message', async () => parentPort?.postMessage(await replay()));
parentPort?.postMessage('ready');

function recording(real: Models, runs: RecordedRun[]): Models {
  const wrap = (model: Model): Model => ({
    run: (input, shape) => {
      runs.push({ model, input: input.slice(), shape });
      return model.run(input, shape);
    },
  });
  return Object.fromEntries(
    Object.entries(real).map(([role, model]) => [role, wrap(model)]),
  ) as unknown as Models;
}

async function replay(): Promise<BareModelsReport> {
  const framesMs: number[] = [];
  const startMs = performance.now();
  for (let index = 0; performance.now() - startMs < forMs; index++) {
    const frameMs = performance.now();
    for (const { model, input, shape } of recorded[index % recorded.length] ?? [])
      await model.run(input, shape);
    framesMs.push(performance.now() - frameMs);
  }
  return { framesMs, elapsedMs: performance.now() - startMs };
}
