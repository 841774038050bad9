import { randomUUIDv7 } from 'node:crypto';
import type { Principal } from '@selfsame/http/authentication';
import { Failure } from '@selfsame/runtime/errors';
import { announceStatus } from '../announcements.ts';
import type { Context } from '../context.ts';
import type { Evidence, FaceEvidence } from '../domain/features/evidence.ts';
import type { KnownSession } from '../domain/features/known-session.ts';
import type { WorkflowStep } from '../domain/verdict.ts';
import { withKnownSessions } from '../matched-sessions.ts';
import type { Examined } from '../outbound/biometrics.ts';
import { insertCall } from '../outbound/call-store.ts';
import { findSession } from '../outbound/session-store.ts';
import type { Refused } from '../refusal.ts';
import type { Judgement } from './judgement.ts';
import { judgeCall, lacksSearch, mayEnrol } from './judgement.ts';
import { onlyListedOrApproved } from './search-type.ts';
import type { ApiService, Thresholds } from './services.ts';
import { definitionId, definitionOf, stepsOf } from './services.ts';

/** A standalone call as a caller made it. */
export interface Call {
  readonly service: ApiService;
  readonly image: Buffer;
  /** Of a face match: what it is compared with. */
  readonly referenceImage: Buffer | null;
  readonly rotateImage: boolean;
  readonly thresholds: Thresholds;
  readonly searchType: 'most_similar' | 'blocklisted_or_approved';
  readonly vendorData: string | null;
  /** Any JSON value; undefined when none was sent. */
  readonly metadata: unknown;
  /** Keep it as a session. */
  readonly save: boolean;
}

/** The answer of a call, before it is put in the contract's shape. */
export interface Answered extends Judgement, Pick<Examined, 'userImage' | 'referenceImage'> {
  /** The session that the call was recorded as, or nothing but a name. */
  readonly requestId: string;
  readonly createdAt: Date;
  /** What is known of the sessions that the matches name, by id. */
  readonly known: ReadonlyMap<string, KnownSession>;
}

/**
 * Looks at a picture, judges it by the rules of workflows and, when asked, records the call as a session that is over: with
 * its number, its event and the face that it enrols. The look comes first, so that no transaction waits for models; a call
 * that is not recorded leaves nothing behind.
 */
export async function answerCall(
  context: Context,
  principal: Principal,
  call: Call,
): Promise<Answered | Refused> {
  const { db } = context.database;
  const { applicationId } = principal;
  const requestId = randomUUIDv7();
  const createdAt = new Date();
  const examined = await examine(context, applicationId, call, call.save ? requestId : null);
  if ('refused' in examined) return examined;
  const { face, age, userImage, referenceImage } = examined;
  if (call.service === 'FACE_SEARCH' && face.faceCount === 0) {
    return { refused: 'picture', text: 'No face detected in the image' };
  }
  const known = await withKnownSessions(db, applicationId, face);
  const evidence: Evidence = {
    face: call.searchType === 'blocklisted_or_approved' ? onlyListedOrApproved(known) : known,
    vendorData: call.vendorData,
    age,
  };
  const steps = stepsOf(call.service, call.thresholds);
  const judgement = judgeCall(steps, evidence);
  if (lacksSearch(judgement.reports)) throw searchUnavailable();
  if (call.save) await record(context, principal, { call, requestId, createdAt, steps, face, judgement });
  return {
    ...judgement,
    requestId,
    createdAt,
    userImage,
    referenceImage,
    known: sessionsIn(known),
  };
}

function sessionsIn({ searchMatches }: FaceEvidence): Map<string, KnownSession> {
  return new Map(
    searchMatches.flatMap(({ sessionId, session }) => (sessionId && session ? [[sessionId, session]] : [])),
  );
}

async function examine(
  { biometrics }: Context,
  applicationId: string,
  call: Call,
  sessionId: string | null,
): Promise<Examined | Refused> {
  const { service, image, referenceImage, rotateImage, vendorData } = call;
  try {
    return await biometrics.examine({
      applicationId,
      sessionId,
      vendorData,
      image,
      referenceImage,
      rotateImage,
      // A search finds the same user, too; the other checks ask whether it is somebody else.
      search: service === 'FACE_SEARCH' ? 'everyone' : service === 'FACE_MATCH' ? 'none' : 'others',
      estimateAge: service === 'AGE_ESTIMATION',
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'image_undecodable')
      return { refused: 'picture', text: `user_image: ${error.message}` };
    if (error.code === 'reference_image_undecodable') {
      return { refused: 'picture', text: `ref_image: ${error.message}` };
    }
    if (error.code === 'age_model_missing') {
      return { refused: 'not_offered', detail: 'Age estimation is not available in this installation.' };
    }
    // A full queue over there is no fault of this caller's rate.
    if (error.kind !== 'exhausted') throw error;
    throw new Failure('unavailable', 'biometrics_busy', 'Too many pictures at once; try again.', {
      cause: error,
    });
  }
}

/** Whoever relies on a search that did not happen must not be told that nobody was found. */
function searchUnavailable(): Failure {
  return new Failure(
    'unavailable',
    'face_search_unavailable',
    'Faces cannot be searched right now; try again.',
  );
}

/** The session, its look and its event in one transaction. */
async function record(
  context: Context,
  principal: Principal,
  made: {
    call: Call;
    requestId: string;
    createdAt: Date;
    steps: readonly WorkflowStep[];
    /** As it was seen: who the others are that it resembles is nothing to keep. */
    face: FaceEvidence;
    judgement: Judgement;
  },
): Promise<void> {
  const { call, requestId: id, createdAt, steps, face, judgement } = made;
  const { applicationId } = principal;
  const definition = definitionOf(call.service, steps);
  // The candidate of a declined call is named as well: it is dropped at once.
  const names = judgement.status === 'Declined' || mayEnrol(call.service, judgement, face);
  await context.database.transaction(async (tx) => {
    await insertCall(tx, {
      id,
      applicationId,
      apiService: call.service,
      definitionId: definitionId(definition),
      definition,
      status: judgement.status,
      reports: judgement.reports,
      evidence: { face },
      candidateId: names ? face.candidateId : null,
      vendorData: call.vendorData,
      metadataJson: call.metadata === undefined ? null : JSON.stringify(call.metadata),
      createdAt,
    });
    const session = await findSession(tx, applicationId, id);
    if (session === null) throw new Error('a session that was just written is gone');
    await announceStatus(context, tx, session, null, createdAt, { captureReceivedAt: createdAt });
  });
}
