import { templateEnrolled } from '@selfsame/contracts/catalog';
import type { Transaction } from '@selfsame/database/database';
import { adaptTo, openedAnchor } from './adaptation.ts';
import {
  type OpenTemplate,
  opened,
  openedOrTold,
  type SubjectOwner,
  similarityBetween,
  under,
} from './comparison.ts';
import type { Context } from './context.ts';
import { isAdaptationDue } from './domain/adaptation.ts';
import { SAME_PERSON_SIMILARITY } from './domain/calibration.ts';
import { subjectName } from './domain/subject-name.ts';
import type { RowOwner, SealedTemplate, TemplateKey } from './domain/template.ts';
import { takeGrant } from './outbound/grant-store.ts';
import { type Change, noteChange } from './outbound/history-store.ts';
import type { BiometricsTables } from './outbound/tables.ts';
import {
  type Candidate,
  changeTemplate,
  findTemplate,
  holdSubject,
  type KeptTemplate,
  putTemplate,
  takeCandidate,
} from './outbound/template-store.ts';
import { holdActiveKey } from './template-keys.ts';

/** An approval, with the candidate that it rests on. */
export interface Approval {
  readonly applicationId: string;
  readonly sessionId: string;
  readonly vendorData: string;
  readonly candidateId: string;
}

type Promoting = Pick<Context, 'vault' | 'log' | 'bus' | 'adaptEveryMs'>;
type Tx = Transaction<BiometricsTables>;

/** A candidate that an approval wants in, with what its subject has by now. */
interface Promotion {
  readonly to: SubjectOwner;
  /** Under `key`. */
  readonly face: OpenTemplate;
  /** The application's active one, held until the transaction ends. */
  readonly key: TemplateKey;
  readonly candidate: Candidate;
  /** By which models the candidate was made. */
  readonly made: SealedTemplate;
  readonly sessionId: string;
  /** Held until the transaction ends; `open` is undefined when nothing compares with it. */
  readonly present: { readonly kept: KeptTemplate; readonly open: OpenTemplate | undefined } | undefined;
}

/** What was done with it, or why nothing: a line for the log, which a warning is where somebody should look. */
type Promoted = { readonly change: Change } | { readonly dropped: string; readonly warns: boolean };

/** Makes the candidate of an approved session what it was kept for, and tells that the subject's template is another one. */
export async function promote(
  context: Promoting,
  tx: Tx,
  { applicationId, sessionId, vendorData, candidateId }: Approval,
): Promise<void> {
  const { vault, log, bus } = context;
  const subject = vault.subjectOf(applicationId, subjectName({ vendorData, sessionId }));
  await holdSubject(tx, subject);
  const candidate = await takeCandidate(tx, { applicationId, sessionId }, candidateId);
  if (candidate === undefined) return;
  if (candidate.subject !== subject) {
    log.error({ session_id: sessionId }, 'the candidate belongs to another subject; dropped');
    return;
  }
  const { stored } = candidate;
  if (stored.state === 'revoked') {
    log.warn({ session_id: sessionId }, 'the key of the candidate was revoked meanwhile; nothing enrolled');
    return;
  }
  const from: RowOwner = { kind: 'candidate', applicationId, sessionId, candidateId, subject };
  const to: SubjectOwner = { kind: 'subject', applicationId, subject };
  const key = await holdActiveKey(tx, applicationId);
  const face = { key, template: under(vault, key, await opened(vault, tx, from, stored)) };
  const kept = await findTemplate(tx, to, { hold: true });
  const present = kept && { kept, open: await openedOrTold({ vault, log }, tx, to, kept.stored) };
  const promotion = { to, face, key, candidate, made: stored.template, sessionId, present };
  const promoted = await ways[candidate.use.kind](context, tx, promotion);
  if ('dropped' in promoted) {
    log[promoted.warns ? 'warn' : 'info'](
      { session_id: sessionId, ...(present && { enrolled_by: present.kept.sessionId }) },
      promoted.dropped,
    );
    return;
  }
  await noteChange(tx, to, promoted.change);
  const enrolled = { applicationId, sessionId, keyVersion: key.version, occurredAt: new Date() };
  await bus.enqueue(tx, templateEnrolled, enrolled);
  log.info({ session_id: sessionId, key_version: key.version }, `template ${promoted.change.kind}`);
}

const ways: Record<
  Candidate['use']['kind'],
  (context: Promoting, tx: Tx, promotion: Promotion) => Promise<Promoted>
> = { enrol, renew, adapt, grant };

const anotherEnrolled: Promoted = {
  dropped:
    'another face was enrolled since the look of an approved session; it stays, the one of the session is dropped',
  warns: true,
};

/** The candidate becomes the subject's template, and its own anchor. */
async function enrol({ vault }: Promoting, tx: Tx, promotion: Promotion): Promise<Promoted> {
  if (!mayTakePlace(vault, promotion)) return anotherEnrolled;
  return await put(vault, tx, promotion, 'enrolled');
}

/**
 * Whether a candidate may take the place of what the subject has now. Whoever decided knew how like the two are when they
 * were compared at the look; what somebody else has enrolled since was never compared with it, so that is done here.
 */
function mayTakePlace(
  vault: Context['vault'],
  { face, candidate, sessionId, present }: Pick<Promotion, 'face' | 'candidate' | 'sessionId' | 'present'>,
): boolean {
  if (present?.open === undefined) return true;
  const { kept, open } = present;
  if (kept.enrolledAt === candidate.comparedWith) return true;
  // The later verdict of one session decides, whatever its earlier one has enrolled.
  if (kept.sessionId === sessionId && candidate.use.kind === 'enrol') return true;
  return similarityBetween(vault, face, open) >= SAME_PERSON_SIMILARITY;
}

async function put(
  vault: Context['vault'],
  tx: Tx,
  { to, face, key, made, sessionId, present }: Promotion,
  kind: 'enrolled' | 'granted',
): Promise<Promoted> {
  const sealed = vault.seal(to, key, face.template, made);
  await putTemplate(tx, to, sealed, { sessionId, expiresAt: null });
  const look = present?.open && similarityBetween(vault, face, present.open);
  return { change: { kind, sessionId, scores: { look } } };
}

/**
 * The candidate takes the place of a template of a former key version. Forgotten, revoked or renewed since the look, there is
 * nothing left to renew. What was enrolled stays beside it as the anchor, carried over to the new version, and the candidate
 * has to be like it too: however often keys are rotated, a template stays its person's.
 */
async function renew(context: Promoting, tx: Tx, promotion: Promotion): Promise<Promoted> {
  const { vault } = context;
  const { to, face, key, made, sessionId, present } = promotion;
  const former = present && adaptableOf(to, present);
  if (former === undefined || former.key.version >= key.version) {
    return { dropped: 'there is nothing left that the candidate could renew', warns: false };
  }
  if (!mayTakePlace(vault, promotion)) return anotherEnrolled;
  const enrolled = openedAnchor(context, former);
  if (enrolled === undefined) return tooFar;
  const anchor = under(vault, key, { key: former.key, template: enrolled });
  const scores = {
    look: similarityBetween(vault, face, former),
    anchor: similarityBetween(vault, face, { key, template: anchor }),
  };
  if (scores.anchor < SAME_PERSON_SIMILARITY) return tooFar;
  await changeTemplate(tx, to, {
    template: vault.seal(to, key, face.template, made),
    anchor: vault.seal(to, key, anchor, former.anchor),
  });
  return { change: { kind: 'renewed', sessionId, scores: { ...scores, previous: scores.look } } };
}

const tooFar: Promoted = {
  dropped: 'the look of an approved session would lead too far from the face that was enrolled; dropped',
  warns: true,
};

/** The candidate is blended into the template that it was compared with, within reach of the anchor. */
async function adapt(context: Promoting, tx: Tx, promotion: Promotion): Promise<Promoted> {
  const { vault, adaptEveryMs } = context;
  const { to, face, key, candidate, made, sessionId, present } = promotion;
  const former = present && adaptableOf(to, present);
  if (
    former === undefined ||
    former.key.version !== key.version ||
    present?.kept.enrolledAt !== candidate.comparedWith ||
    !isAdaptationDue(present.kept.adaptedAt, { everyMs: adaptEveryMs, now: new Date() })
  ) {
    return { dropped: 'the template is another one since the look of an approved session', warns: false };
  }
  const adapted = adaptTo(context, former, face.template);
  if (adapted === undefined) return tooFar;
  const template = vault.seal(to, key, adapted.template, made);
  await changeTemplate(tx, to, { template, anchor: former.anchor }, { pauses: true });
  return { change: { kind: 'adapted', sessionId, scores: adapted.scores } };
}

function adaptableOf(owner: SubjectOwner, { kept, open }: NonNullable<Promotion['present']>) {
  if (open === undefined || kept.stored.state !== 'usable') return undefined;
  return { ...open, owner, anchor: kept.anchor ?? kept.stored.template };
}

/** The candidate enrols who has nothing that compares, and uses up the grant by which it was compared. */
async function grant({ vault }: Promoting, tx: Tx, promotion: Promotion): Promise<Promoted> {
  const { to, candidate, present, sessionId } = promotion;
  if (present?.open !== undefined) {
    return {
      dropped: 'the subject of a grant was enrolled since the look; the candidate is dropped',
      warns: false,
    };
  }
  if (candidate.use.kind !== 'grant' || !(await takeGrant(tx, candidate.use.grantId, { to, sessionId }))) {
    return { dropped: 'the grant of the look was used up or ended meanwhile; nothing enrolled', warns: true };
  }
  return await put(vault, tx, promotion, 'granted');
}
