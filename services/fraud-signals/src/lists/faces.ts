import { randomBytes } from 'node:crypto';
import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import { FaceListKind } from '@selfsame/contracts/biometrics/v1/service';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import type { List } from '../domain/lists/types.ts';
import type { FaceEntry } from '../outbound/face-entry-store.ts';
import { activateFace, deletePendingFace, giveUpFace } from '../outbound/face-entry-store.ts';
import { deleteEntry, findEntryByKey, insertEntry, type NewEntry } from '../outbound/list-entry-store.ts';
import { findList, lockList } from '../outbound/list-store.ts';
import { type Added, full, isFull } from './additions.ts';
import type { ListRefusal } from './refusal.ts';
import { notFound, refuse, refuseField } from './refusal.ts';

/** Where a face comes from. */
export type FaceSource = { readonly sessionId: string } | { readonly image: Buffer };

/** A picture passes through the models like a selfie, behind those that wait already. */
const putDeadlineMs = 10_000;
/** Much longer than a call can take: nobody is at work on an entry that is pending still. */
const pendingMs = 120_000;
/** A call that was given up may still be answered over there; later the face is surely there or not. */
const doubtMs = 30_000;

/**
 * Puts a face on a list. The entry is written first and counts when biometrics has the face; whatever comes between leaves
 * an entry that is due, which `sweepFaces` takes off both stores. Nothing of a picture is kept here.
 * @throws Failure when biometrics is away or too busy
 */
export async function putFace(
  context: Context,
  list: List,
  source: FaceSource,
  entry: NewEntry,
): Promise<Added | ListRefusal> {
  const begun = await begin(context, list, entry);
  if ('refused' in begun || !begun.isNew) return begun;
  const { applicationId, id: listId } = list;
  const face: FaceEntry = { applicationId, listId, entryId: begun.entry.id };
  const { db } = context.database;
  const refusal = await tell(context, list, face, source);
  if (refusal !== undefined) {
    await deletePendingFace(db, face.entryId);
    return refusal;
  }
  if (await activateFace(db, face.entryId)) {
    return { entry: { ...begun.entry, state: 'active' }, isNew: true };
  }
  // The list was deleted meanwhile, or this took so long that the entry was swept.
  await letGo(context, face);
  return notFound;
}

/** An entry of a picture that is nobody's session. */
export async function uploadFace(
  context: Context,
  applicationId: string,
  listId: string,
  { image, comment, displayLabel }: { image: Buffer; comment: string | null; displayLabel: string | null },
): Promise<Added | ListRefusal> {
  const list = await findList(context.database.db, applicationId, listId);
  if (list === undefined) return notFound;
  if (list.entryType !== 'face') return refuse(400, 'This is no list of faces.');
  return putFace(
    context,
    list,
    { image },
    {
      // Nothing that could be computed of the picture again.
      matchKey: randomBytes(16),
      value: null,
      displayLabel,
      comment,
      metadata: null,
      addedBy: 'api',
      referenceSessionId: null,
      referenceSessionNumber: null,
      referenceObjectUuid: null,
      subjectKey: null,
    },
  );
}

/** Takes a face off its list: it counts no more, and biometrics is told now or, if it is away, by the sweeper. */
export async function dropFace(context: Context, face: FaceEntry): Promise<void> {
  await giveUpFace(context.database.db, face.entryId, new Date(Date.now() + doubtMs));
  try {
    await letGo(context, face);
  } catch (error) {
    context.log.warn(
      { code: errorCode(error), entry_id: face.entryId },
      'a face will be taken off its list later',
    );
  }
}

/** Takes a face off both stores. */
export async function letGo({ biometrics, database }: Context, face: FaceEntry): Promise<void> {
  await biometrics.dropFaceListEntry(face);
  await deleteEntry(database.db, face.entryId);
}

async function begin(
  { database, keyring }: Context,
  { applicationId, id }: List,
  entry: NewEntry,
): Promise<Added | ListRefusal> {
  return await database.transaction(async (tx) => {
    const list = await lockList(tx, applicationId, id);
    if (list === undefined) return notFound;
    const known = await findEntryByKey(tx, keyring, id, entry.matchKey);
    if (known?.state === 'active') return { entry: known, isNew: false };
    if (known !== undefined) {
      return refuse(409, 'This face is being added or taken off right now. Try again shortly.');
    }
    if (await isFull(tx, id)) return full;
    const added = await insertEntry(tx, keyring, list, entry, new Date(Date.now() + pendingMs));
    if (added === undefined) throw new Error('an entry was added to a list that is held');
    return { entry: added, isNew: true };
  });
}

/** @returns why the face will not do; then biometrics has stored nothing */
async function tell(
  context: Context,
  list: List,
  face: FaceEntry,
  source: FaceSource,
): Promise<ListRefusal | undefined> {
  const kind = list.listType === 'blocklist' ? FaceListKind.BLOCKLIST : FaceListKind.ALLOWLIST;
  const field = 'image' in source ? 'image' : 'reference_session_id';
  try {
    const { problem } = await context.biometrics.putFaceListEntry(
      { ...face, kind, ...source },
      { deadline: putDeadlineMs },
    );
    return problem === FaceProblem.UNSPECIFIED ? undefined : refuseField(field, sentenceOf(problem));
  } catch (error) {
    const failure = error instanceof Failure ? error : undefined;
    if (failure?.kind === 'not_found') return refuseField(field, 'No face of this session is kept.');
    if (failure?.kind === 'invalid') return refuseField(field, 'The image could not be decoded.');
    // It may be there all the same.
    await giveUpFace(context.database.db, face.entryId, new Date(Date.now() + doubtMs));
    // A full queue over there is no fault of this caller's rate.
    if (failure?.kind !== 'exhausted') throw error;
    throw new Failure('unavailable', 'biometrics_busy', 'Too many pictures at once; try again.', {
      cause: error,
    });
  }
}

const problems: Partial<Record<FaceProblem, string>> = {
  [FaceProblem.NO_FACE]: 'No face detected in the image.',
  [FaceProblem.MULTIPLE_FACES]: 'More than one face detected in the image: send a picture of one person.',
  [FaceProblem.TOO_SMALL]: 'The face in the image is too small: send a closer or larger picture.',
  [FaceProblem.TOO_DARK]: 'The face in the image is too dark: send a brighter picture.',
  [FaceProblem.TOO_BRIGHT]: 'The face in the image is too bright: send a picture with less light.',
  [FaceProblem.TURNED_AWAY]: 'The face in the image is turned away: send a picture that looks at the camera.',
  [FaceProblem.BLURRED]: 'The image is blurred: send a sharper picture.',
  [FaceProblem.COVERED]: 'The face in the image is covered: send a picture that shows it whole.',
};

/** A problem that this version does not know still is one. */
function sentenceOf(problem: FaceProblem): string {
  return problems[problem] ?? 'The face in the image is not clear enough: send a sharper picture.';
}
