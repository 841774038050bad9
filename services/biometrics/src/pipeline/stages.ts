/** Milliseconds by stage; `models` is the part of the total that ran inside the models. Looks of one batch share them. */
export type Stages = Record<
  'decode' | 'detect' | 'mesh' | 'embed' | 'quality' | 'liveness' | 'media' | 'age' | 'models',
  number
>;

/** Measures the stages of one batch. */
export interface StageClock {
  readonly stages: Stages;
  readonly timed: Timed;
}

/** Runs a part of a stage and adds its time to it. */
export type Timed = <T>(stage: keyof Stages, work: () => Promise<T>) => Promise<T>;

/** A clock with nothing on it. */
export function startStages(): StageClock {
  const stages: Stages = {
    decode: 0,
    detect: 0,
    mesh: 0,
    embed: 0,
    quality: 0,
    liveness: 0,
    media: 0,
    age: 0,
    models: 0,
  };
  return {
    stages,
    async timed(stage, work) {
      const start = performance.now();
      const result = await work();
      stages[stage] += performance.now() - start;
      return result;
    },
  };
}
