import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import type { FaceProblem } from './domain/features/evidence.ts';
import { userPid as userPidOf } from './domain/user-pid.ts';
import type { WorkflowDefinition } from './domain/workflow.ts';
import { isReusable, matches } from './domain/workflow.ts';
import { findRetainsImages } from './outbound/application-store.ts';
import type { FoundTemplate } from './outbound/biometrics.ts';
import { isAwaited } from './outbound/erasure-store.ts';
import { listSiblings } from './outbound/organization-store.ts';
import { wasEnrolledSince } from './outbound/session-creation-store.ts';
import type { Refused } from './refusal.ts';
import { refusedFields } from './refusal.ts';

/** The session that needs a face to compare with. */
export interface ReferenceWanted {
  readonly sessionId: string;
  readonly workflow: WorkflowDefinition;
  readonly vendorData: string | null;
  readonly portrait: Buffer | null;
  /** The session holds a portrait from an earlier request. */
  readonly hasPortrait: boolean;
  readonly expiresAt: Date;
}

/** The face is settled. */
export interface Reference {
  /** It is a portrait of the session's own. */
  readonly hasPortrait: boolean;
  /** The application of the same organisation that has enrolled it; null: this one, or none. */
  readonly applicationId: string | null;
}

const none: Reference = { hasPortrait: false, applicationId: null };
const portraitBound: Reference = { hasPortrait: true, applicationId: null };

/**
 * Makes sure that a workflow which compares faces has one to compare with: the submitted portrait, which always wins, or
 * the subject's enrolled face. Where nothing is compared, a portrait is not looked at and nothing of it is kept. Where a
 * verification is used again, the verified face is all that counts, whichever application of the organisation has enrolled it.
 */
export async function ensureReferenceFace(
  context: Context,
  applicationId: string,
  wanted: ReferenceWanted,
): Promise<Reference | Refused> {
  const { vendorData, portrait, workflow } = wanted;
  if (!matches(workflow)) return none;
  const isReuse = isReusable(workflow);
  if (isReuse && portrait !== null) return refusedFields({ portrait_image: [onlyVerified] });
  if (portrait !== null) return bindPortrait(context, applicationId, wanted, portrait);
  if (wanted.hasPortrait) return portraitBound;
  if (vendorData === null) {
    if (isReuse) return refusedFields({ vendor_data: [namesNobody] });
    return refusedFields({
      portrait_image:
        'A portrait_image is required: this workflow does face match and no vendor_data was given.',
    });
  }
  const siblings = isReuse ? await listSiblings(context.database.db, applicationId) : [];
  const found = await findEnrolled(context, { applicationId, vendorData }, siblings);
  if (found === null) {
    return refusedFields({
      portrait_image: 'There is no stored face for this user: send a portrait_image or enrol the user first.',
    });
  }
  const isOwn = found.isGranted || found.applicationId === applicationId;
  if (isOwn) return none;
  if (siblings.includes(found.applicationId)) return { ...none, applicationId: found.applicationId };
  throw new Error('biometrics named an application that nobody asked for');
}

const onlyVerified =
  'This workflow compares with the face that was verified before: no portrait_image is taken.';
const namesNobody =
  'This field is required: this workflow compares with the face that this user has enrolled.';

async function bindPortrait(
  context: Context,
  applicationId: string,
  wanted: ReferenceWanted,
  image: Buffer,
): Promise<Reference | Refused> {
  const windowMs = wanted.workflow.session_expiration_time * 1000;
  // One window longer than the session, so that it can be resubmitted.
  const expiresAt = new Date(wanted.expiresAt.getTime() + windowMs);
  const refused = (text: string) => refusedFields({ portrait_image: [text] });
  try {
    const { sessionId } = wanted;
    const retainsImage = await findRetainsImages(context.database.db, applicationId);
    const portrait = { applicationId, sessionId, image, expiresAt, retainsImage };
    const problem = await context.biometrics.bindReference(portrait);
    return problem === null ? portraitBound : refused(portraitProblems[problem]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.kind === 'invalid') return refused('The image could not be decoded.');
    // A full queue over there is no fault of this caller's rate.
    if (error.kind !== 'exhausted') throw error;
    throw new Failure('unavailable', 'biometrics_busy', 'Too many pictures at once; try again.', {
      cause: error,
    });
  }
}

const portraitProblems: Record<FaceProblem, string> = {
  no_face: 'No face detected in the image.',
  multiple_faces: 'More than one face detected in the image: send a portrait of one person.',
  too_small: 'The face in the image is too small: send a closer or larger portrait.',
  too_dark: 'The face in the image is too dark: send a brighter portrait.',
  too_bright: 'The face in the image is too bright: send a portrait with less light.',
  turned_away: 'The face in the image is turned away: send a portrait that looks at the camera.',
  low_quality: 'The face in the image is not clear enough: send a sharper portrait.',
  blurred: 'The image is blurred: send a sharper portrait.',
  covered: 'The face in the image is covered: send a portrait that shows it whole.',
};

/** A template follows its approval through the bus: who comes straight from enrolling is waited for this long. */
const enrolmentWaitMs = 1_000;
const enrolmentPauseMs = 50;
const enrolledRecentlyMs = 60_000;

async function findEnrolled(
  context: Context,
  subject: { applicationId: string; vendorData: string },
  siblings: readonly string[],
): Promise<FoundTemplate | null> {
  const { biometrics, database } = context;
  const userPid = userPidOf(context.links.tokenKey, { id: '', ...subject });
  const person = { applicationId: subject.applicationId, userPid, service: 'biometrics' };
  // Somebody new under the name of a person who is being erased is not compared with that person's face.
  if (await isAwaited(database.db, person)) return null;
  const found = await biometrics.findTemplate(subject, siblings);
  if (found !== null) return found;
  const since = new Date(Date.now() - enrolledRecentlyMs);
  const applicationIds = [subject.applicationId, ...siblings];
  if (!(await wasEnrolledSince(database.db, applicationIds, subject.vendorData, since))) return null;
  const deadline = performance.now() + enrolmentWaitMs;
  while (performance.now() < deadline) {
    await delay(enrolmentPauseMs);
    const arrived = await biometrics.findTemplate(subject, siblings);
    if (arrived !== null) return arrived;
  }
  return null;
}
