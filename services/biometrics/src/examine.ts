import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import { findOnFile, isKnown, type Sought } from './comparison.ts';
import type { Context } from './context.ts';
import { similarityScore } from './domain/calibration.ts';
import { type Evidence, type Match, weigh } from './domain/evidence.ts';
import { ENROL_GATES, findProblem, VERIFY_GATES } from './domain/gates.ts';
import { bestTurn, type PictureView, type Turn, turns, viewOf } from './domain/picture-view.ts';
import { subjectName } from './domain/subject-name.ts';
import { isUnreadable, type Kept, keepCandidate, lookAt, undecodable } from './looks.ts';
import { cosine } from './pipeline/embedding.ts';
import type { Look } from './pipeline/look.ts';
import type { Searched } from './search/face-search.ts';
import { type SearchingLook, searchFor } from './search/look-search.ts';

/** A look outside the hosted page; `sessionId` is empty when the call is not recorded. */
export interface Examination extends SearchingLook {
  readonly image: Uint8Array;
  /** Compared with the image, and forgotten with it. */
  readonly referenceImage: Uint8Array | undefined;
  /** Find out which way is up. */
  readonly rotate: boolean;
  readonly estimateAge: boolean;
  /** Keep what was seen until the verdict on it. */
  readonly keepCandidate: boolean;
}

/** What came of it. */
export interface Examined {
  readonly evidence: Evidence & Kept & Searched;
  readonly userImage: PictureView;
  readonly referenceImage: PictureView | undefined;
}

/** A look and by how much its picture was turned. */
interface Turned {
  readonly look: Look;
  readonly turn: Turn;
}

/**
 * Looks at a picture, at another one beside it when there is one, and compares the two faces in memory: neither becomes a
 * template for it. What the call says of a face does not depend on whether it is recorded, so a picture is judged as one
 * that is compared; only one that passes the gates of enrolment is kept as a candidate.
 * @throws Failure `image_undecodable`, `reference_image_undecodable`, `age_model_missing`, and those of every look
 */
export async function examine(
  context: Context,
  examination: Examination,
  signal: AbortSignal,
): Promise<Examined> {
  const { image, referenceImage, rotate, estimateAge } = examination;
  const sought = soughtBy(examination);
  const [seen, reference, wasKnown] = await Promise.all([
    lookUpright(context, image, { rotate, age: estimateAge }, signal),
    referenceImage && lookAtReference(context, referenceImage, rotate, signal),
    isKnown(context, sought),
  ]);
  const evidence = weigh(seen.look, VERIFY_GATES, compare(seen.look, reference?.look));
  const [searched, kept] = await Promise.all([
    searchFor(context, examination, seen.look.subject),
    keep(context, sought, seen.look, wasKnown),
  ]);
  return {
    evidence: { ...evidence, ...kept, ...searched },
    userImage: viewOf(seen.look, seen.turn),
    referenceImage: reference && viewOf(reference.look, reference.turn),
  };
}

/** A look at the picture as it is or, when asked, as it stands upright: a glance at each turn decides. */
async function lookUpright(
  context: Context,
  image: Uint8Array,
  { rotate, age }: { rotate: boolean; age: boolean },
  signal: AbortSignal,
): Promise<Turned> {
  const turn = rotate ? await findTurn(context, image, signal) : 0;
  return { look: await lookAt(context, image, signal, { turn, age }), turn };
}

async function findTurn(context: Context, image: Uint8Array, signal: AbortSignal): Promise<Turn> {
  const sightings = [];
  for (const turn of turns) {
    const { result } = await glanceAt(context, image, turn, signal);
    if ('refused' in result) throw undecodable(result);
    sightings.push({ turn, faces: result.faces });
  }
  return bestTurn(sightings);
}

const GLANCE_TRIES = 100;
const GLANCE_PAUSE_MS = 20;

/** The queue of glances is short, since guidance that waits is stale; an upload would rather wait, two seconds at most. */
async function glanceAt({ pool }: Context, image: Uint8Array, turn: Turn, signal: AbortSignal) {
  for (let tries = 1; ; tries += 1) {
    try {
      // A copy each time: a look takes the memory of its picture along.
      return await pool.glance(new Uint8Array(image), signal, { turn, facesOnly: true });
    } catch (error) {
      if (errorCode(error) !== 'queue_full' || signal.aborted || tries === GLANCE_TRIES) throw error;
    }
    await delay(GLANCE_PAUSE_MS);
  }
}

async function lookAtReference(
  context: Context,
  image: Uint8Array,
  rotate: boolean,
  signal: AbortSignal,
): Promise<Turned> {
  try {
    return await lookUpright(context, image, { rotate, age: false }, signal);
  } catch (error) {
    if (!(error instanceof Failure) || errorCode(error) !== 'image_undecodable') throw error;
    throw new Failure('invalid', 'reference_image_undecodable', error.message, { cause: error });
  }
}

function compare(look: Look, reference: Look | undefined): Match {
  if (reference === undefined) return { outcome: 'not_asked' };
  if (reference.subject === undefined) return { outcome: 'no_reference' };
  if (look.subject === undefined) return { outcome: 'impossible' };
  const likeness = cosine(look.subject.embedding, reference.subject.embedding);
  return { outcome: 'compared', score: similarityScore(likeness) };
}

/** Whose template is looked up: that of the name under which the face would be enrolled. */
function soughtBy({ applicationId, sessionId, vendorData, keepCandidate: wanted }: Examination): Sought {
  const name = subjectName({ vendorData, sessionId });
  return { applicationId, sessionId, vendorData: name, reference: 'none', keepCandidate: wanted };
}

/** Keeps a candidate when one is asked for and the face is fit to be a template. */
async function keep(context: Context, sought: Sought, look: Look, wasKnown: boolean): Promise<Kept> {
  const onFile = await findOnFile(context, sought);
  const fit = findProblem(look, ENROL_GATES) === undefined;
  const forgotten = wasKnown && !onFile.known;
  if (!sought.keepCandidate || look.subject === undefined || !fit || forgotten) {
    return { candidateId: undefined, enrolledUnreadable: isUnreadable(onFile) };
  }
  return keepCandidate(context, sought, look.subject.embedding, { onFile, use: { kind: 'enrol' } });
}
