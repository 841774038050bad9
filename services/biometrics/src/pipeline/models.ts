import { env, InferenceSession, Tensor } from 'onnxruntime-node';

/** The default pipeline: role of each model and its file as pinned in assets.json. */
export const MODEL_FILES = {
  detector: 'face_detection_yunet_s_dynamic.onnx',
  mesh: 'face_mesh_468_192x192.onnx',
  embedder: 'face_embedding_reid0095_256.onnx',
  quality: 'face_quality_lightqnet_dm050_96x96.onnx',
  livenessNear: 'liveness_minifasnet_v2_2.7_80x80.onnx',
  livenessFar: 'liveness_minifasnet_v1se_4.0_80x80.onnx',
} as const;

/** What runs the models. */
export type Provider = 'cpu' | 'cuda' | 'tensorrt';

/** Steps that an operator turns on knowingly: their training data have terms of their own. */
export const OPTIONAL_MODEL_FILES = { age: 'face_age_112x112.onnx' } as const;

export type ModelRole = keyof typeof MODEL_FILES;
export type OptionalModelRole = keyof typeof OPTIONAL_MODEL_FILES;
type ByRole<T> = Readonly<Record<ModelRole, T> & Partial<Record<OptionalModelRole, T>>>;
/** File bytes by role. Shared memory is welcome: every worker copies what it needs. */
export type ModelBytes = ByRole<Uint8Array>;

/** One loaded model. `run` blocks the thread it is called on: call it in a worker. */
export interface Model {
  run(input: Float32Array, shape: readonly number[]): Promise<Readonly<Record<string, Float32Array>>>;
}

export type Models = ByRole<Model>;

/**
 * Loads one single-threaded session per model. With one thread there is no thread pool, so nothing spins; two workers
 * of one thread each serve more pictures than one of two.
 */
export async function loadModels(bytes: ModelBytes, provider: Provider = 'cpu'): Promise<Models> {
  const load = async ([role, file]: [string, Uint8Array]): Promise<[string, Model]> => [
    role,
    await loadModel(role, file, provider),
  ];
  const models = Object.fromEntries(await Promise.all(Object.entries(bytes).map(load)));
  // The same roles as came in.
  return models as unknown as Models;
}

/** Loads one model. @throws Error when the provider cannot be used on this machine */
export async function loadModel(role: string, bytes: Uint8Array, provider: Provider): Promise<Model> {
  // What goes wrong is thrown; the runtime would write it to stderr as well, in words of its own.
  env.logLevel = 'fatal';
  // A copy: the runtime does not take shared memory, and drops the bytes once it has read them.
  const session = await InferenceSession.create(new Uint8Array(bytes), {
    executionProviders: PROVIDER_ORDER[provider],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const [inputName] = session.inputNames;
  if (inputName === undefined) throw new Error(`the ${role} model has no input`);
  return {
    async run(input, shape) {
      const outputs = await session.run({ [inputName]: new Tensor('float32', input, shape) });
      return Object.fromEntries(
        Object.entries(outputs).map(([name, tensor]) => [name, floats(tensor.data)] as const),
      );
    },
  };
}

/** What a provider lacks, the next one does; the CPU comes last by itself. */
const PROVIDER_ORDER: Readonly<Record<Provider, readonly string[]>> = {
  cpu: ['cpu'],
  cuda: ['cuda'],
  tensorrt: ['tensorrt', 'cuda'],
};

function floats(data: Tensor['data']): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new TypeError('a model gave something other than float32');
}
