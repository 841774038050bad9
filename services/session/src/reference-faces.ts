import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import type { FaceProblem } from './domain/features/evidence.ts';
import type { WorkflowDefinition } from './domain/workflow.ts';
import { matches } from './domain/workflow.ts';
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

/** The face is settled; whether it is a portrait of the session's own. */
export interface Reference {
  readonly hasPortrait: boolean;
}

/**
 * Makes sure that a workflow which compares faces has one to compare with: the submitted portrait, which always wins, or
 * the subject's enrolled face. Where nothing is compared, a portrait is not looked at and nothing of it is kept.
 */
export async function ensureReferenceFace(
  context: Context,
  applicationId: string,
  wanted: ReferenceWanted,
): Promise<Reference | Refused> {
  const { vendorData, portrait } = wanted;
  if (!matches(wanted.workflow)) return { hasPortrait: false };
  if (portrait !== null) return bindPortrait(context, applicationId, wanted, portrait);
  if (wanted.hasPortrait) return { hasPortrait: true };
  if (vendorData === null) {
    return refusedFields({
      portrait_image:
        'A portrait_image is required: this workflow does face match and no vendor_data was given.',
    });
  }
  if (await isEnrolled(context, { applicationId, vendorData })) return { hasPortrait: false };
  return refusedFields({
    portrait_image: 'There is no stored face for this user: send a portrait_image or enrol the user first.',
  });
}

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
    const problem = await context.biometrics.bindReference({ applicationId, sessionId, image, expiresAt });
    return problem === null ? { hasPortrait: true } : refused(portraitProblems[problem]);
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

async function isEnrolled(
  context: Context,
  subject: { applicationId: string; vendorData: string },
): Promise<boolean> {
  const { biometrics, database } = context;
  if (await biometrics.hasTemplate(subject)) return true;
  const since = new Date(Date.now() - enrolledRecentlyMs);
  if (!(await wasEnrolledSince(database.db, subject, since))) return false;
  const deadline = performance.now() + enrolmentWaitMs;
  while (performance.now() < deadline) {
    await delay(enrolmentPauseMs);
    if (await biometrics.hasTemplate(subject)) return true;
  }
  return false;
}
