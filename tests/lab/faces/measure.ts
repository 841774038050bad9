import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { assetPlaces, loadModelBytes } from '@selfsame/biometrics/assets';
import { weigh } from '@selfsame/biometrics/domain/evidence';
import { VERIFY_GATES } from '@selfsame/biometrics/domain/gates';
import { openWorkerPool } from '@selfsame/biometrics/outbound/worker-pool';
import { cosine } from '@selfsame/biometrics/pipeline/embedding';
import { createTransform, protectedCosine } from '@selfsame/biometrics/protection/transform';
import { createLog } from '@selfsame/runtime/log';
import { picturePath } from './folder.ts';

/** What the product finds in one picture. */
export interface Seen {
  /** Why nothing could be compared: unreadable, no decodable picture, no face. */
  readonly failure: 'unreadable' | 'undecodable' | 'no_face' | undefined;
  /** The quality gate of a sign-in that the picture fails; it is compared all the same. */
  readonly problem: string | undefined;
  /** 0..100; undefined without a face. */
  readonly livenessScore: number | undefined;
  readonly plain: Float32Array | undefined;
  readonly protectedTemplate: ReturnType<ReturnType<typeof createTransform>> | undefined;
}

/**
 * Looks at every picture once, with the pipeline of the service, one thread for each core. Templates live in memory for
 * the run and are protected under a random key.
 * @param report told after every hundred pictures
 */
export async function seeAll(
  directory: string,
  names: readonly string[],
  report: (done: number, total: number) => void,
): Promise<ReadonlyMap<string, Seen>> {
  const workers = availableParallelism();
  const pool = await openWorkerPool({
    models: await loadModelBytes(assetPlaces(process.env)),
    workers,
    queueLimit: 4 * workers,
    log: createLog('eval-faces', 'fatal'),
    onBroken(error) {
      throw error;
    },
  });
  const protect = createTransform(randomBytes(32));
  const signal = new AbortController().signal;
  const seen = new Map<string, Seen>();

  async function see(name: string): Promise<Seen> {
    const nothing = {
      problem: undefined,
      livenessScore: undefined,
      plain: undefined,
      protectedTemplate: undefined,
    };
    let image: Uint8Array;
    try {
      image = new Uint8Array(await readFile(picturePath(directory, name)));
    } catch {
      return { ...nothing, failure: 'unreadable' };
    }
    const { result } = await pool.look(image, signal);
    if ('refused' in result) return { ...nothing, failure: 'undecodable' };
    const evidence = weigh(result, VERIFY_GATES, { outcome: 'not_asked' });
    const plain = result.subject?.embedding;
    return {
      failure: plain === undefined ? 'no_face' : undefined,
      problem: evidence.problem,
      livenessScore: evidence.livenessScore,
      plain,
      protectedTemplate: plain && protect(plain),
    };
  }

  const waiting = names.values();
  async function work(): Promise<void> {
    for (const name of waiting) {
      seen.set(name, await see(name));
      if (seen.size % 100 === 0) report(seen.size, names.length);
    }
  }
  try {
    // One more than threads, so that none waits while a picture is read.
    await Promise.all(Array.from({ length: workers + 1 }, work));
  } finally {
    await pool.close();
  }
  return seen;
}

/** Cosines of two pictures, as plain embeddings and as templates; undefined when one shows no face. */
export function compareSeen(a: Seen, b: Seen): { plain: number; protected: number } | undefined {
  if (!a.plain || !b.plain || !a.protectedTemplate || !b.protectedTemplate) return undefined;
  return {
    plain: cosine(a.plain, b.plain),
    protected: protectedCosine(a.protectedTemplate, b.protectedTemplate),
  };
}
