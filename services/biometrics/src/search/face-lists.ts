import { Failure } from '@selfsame/runtime/errors';
import { type OpenTemplate, opened, under } from '../comparison.ts';
import type { Context } from '../context.ts';
import { ENROL_GATES, type FaceProblem, findProblem } from '../domain/gates.ts';
import type { TemplateKey } from '../domain/template.ts';
import { lookAt } from '../looks.ts';
import { EMBEDDING_SPACE } from '../pipeline/embedding.ts';
import { PIPELINE_VERSION } from '../pipeline-version.ts';
import type { ProtectedTemplate } from '../protection/transform.ts';
import { holdActiveKey } from '../template-keys.ts';
import { dropListEntry, findSessionFace, type ListEntry, putListEntry } from './list-store.ts';

/** Where the face comes from: what is kept of a session, or a picture. */
export type FaceSource = { readonly sessionId: string } | { readonly image: Uint8Array };

/** By which models a template was made. */
interface Made {
  readonly pipelineVersion: string;
  readonly embeddingSpace: string;
}

/**
 * Puts a face on a list, replacing an earlier one of the same entry. The entry holds a copy of the template that is its
 * own, under the active key version: it outlives the session, its deletion and the subject's template, and goes only when it
 * is dropped.
 * @returns why a picture will not do, if so
 * @throws Failure `face_not_found` when nothing is kept of the session, and those of every look
 */
export async function putFaceListEntry(
  context: Context,
  entry: ListEntry,
  source: FaceSource,
  signal: AbortSignal,
): Promise<FaceProblem | undefined> {
  if ('sessionId' in source) {
    const { made, ...face } = await faceOfSession(context, entry.applicationId, source.sessionId);
    const protect = (key: TemplateKey) => under(context.vault, key, face);
    await put(context, entry, { protect, made, sessionId: source.sessionId });
    return undefined;
  }
  const look = await lookAt(context, source.image, signal);
  // Every later search is only as good as this picture.
  const problem = findProblem(look, ENROL_GATES);
  if (problem !== undefined || look.subject === undefined) return problem ?? 'no_face';
  const { embedding } = look.subject;
  const protect = (key: TemplateKey) => context.vault.protect(key, embedding);
  const made = { pipelineVersion: PIPELINE_VERSION, embeddingSpace: EMBEDDING_SPACE };
  await put(context, entry, { protect, made, sessionId: null });
  return undefined;
}

/** Takes an entry off its list; nothing happens when there is none. */
export async function dropFaceListEntry(
  { database, faces }: Pick<Context, 'database' | 'faces'>,
  entry: Omit<ListEntry, 'kind'>,
): Promise<void> {
  if (await dropListEntry(database.db, entry)) faces.nudge();
}

/** What the session enrolled, or else the latest of what waits for its verdict. */
async function faceOfSession(
  { database, vault }: Pick<Context, 'database' | 'vault'>,
  applicationId: string,
  sessionId: string,
): Promise<OpenTemplate & { made: Made }> {
  const face = await findSessionFace(database.db, { applicationId, sessionId });
  if (face === undefined || face.stored.state === 'revoked') {
    throw new Failure('not_found', 'face_not_found', 'No face of this session is kept.');
  }
  const { owner, stored } = face;
  return { ...(await opened(vault, database.db, owner, stored)), made: stored.template };
}

async function put(
  { database, vault, faces }: Pick<Context, 'database' | 'vault' | 'faces'>,
  entry: ListEntry,
  face: { protect(key: TemplateKey): ProtectedTemplate; made: Made; sessionId: string | null },
): Promise<void> {
  const { applicationId, listId, entryId } = entry;
  const owner = { kind: 'list_entry', applicationId, listId, entryId } as const;
  await database.transaction(async (tx) => {
    // A revocation waits for the entry and finds it, or is over and has made another version the active one.
    const key = await holdActiveKey(tx, applicationId);
    await putListEntry(tx, entry, vault.seal(owner, key, face.protect(key), face.made), face.sessionId);
  });
  // This replica knows it at once, the others within seconds.
  faces.nudge();
}
