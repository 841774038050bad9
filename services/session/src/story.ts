import { eventOf, readEventsAbout, type StoryEntry } from '@selfsame/bus/story';
import { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import type { Kysely } from 'kysely';
import { whyOf } from './domain/why.ts';
import { listReviews } from './outbound/review-store.ts';
import {
  findTold,
  findUse,
  listCallers,
  listToldAttempts,
  listToldChallenges,
  type ToldRow,
} from './outbound/story-store.ts';
import type { Tables } from './outbound/tables.ts';
import { tellEnd } from './story-end.ts';
import { stepLines, tellLooks } from './story-looks.ts';
import { callerWords, shortId as short } from './story-words.ts';

type Db = Kysely<Tables>;

const service = 'session';
const reviewsMax = 500;

/**
 * What this service knows of a session, in no order: how it came to be, its looks, its verdict and why, its statuses, its
 * end. For operators, and for no log: whoever reads it is recorded first (`recordCommand`).
 * @returns null when there never was such a session
 */
export async function readStory(
  db: Db,
  sessionId: string,
  now = new Date(),
): Promise<{ applicationId: string; slug: string; entries: StoryEntry[] } | null> {
  const row = await findTold(db, sessionId);
  if (row === null) return null;
  const entries = [
    await created(db, row),
    ...(await challenges(db, row)),
    ...tellLooks(row, await listToldAttempts(db, row.id), now),
    ...stepUps(row),
    ...(await statuses(db, row)),
    ...(await byHand(db, row)),
    ...(await use(db, row)),
    ...(await tellEnd(db, row, now)),
  ];
  return { applicationId: row.application_id, slug: row.slug, entries };
}

async function created(db: Db, row: ToldRow): Promise<StoryEntry> {
  const { application_id: applicationId, created_at: at, session_type: type, environment } = row;
  const path = {
    HOSTED: '/v3/session/',
    IMPORTED: '/v3/session/import-shared/',
    API: `/v3/${callPath(row)}/`,
  }[type];
  const callers = await listCallers(db, { applicationId, at, method: 'POST', path });
  const workflow = workflowName(row);
  const what = {
    HOSTED: `session ${row.session_number} of ${row.slug}, ${workflow}`,
    API: `standalone call ${row.api_service} of ${row.slug}, session ${row.session_number}`,
    IMPORTED: `session ${row.session_number} of ${row.slug}, imported into ${workflow}`,
  }[type];
  const traits = [
    row.has_subject ? 'a named user' : undefined,
    row.has_portrait ? 'with a portrait' : undefined,
    row.enrols ? 'enrols' : undefined,
    row.has_callback ? 'with a callback' : undefined,
  ].filter((trait) => trait !== undefined);
  const shared = row.shared_from;
  return {
    at,
    service,
    kind: 'created',
    text: environment === 'sandbox' ? `${what} (sandbox)` : what,
    lines: [
      `by ${callerWords(callers)}`,
      ...(traits.length > 0 ? [traits.join(', ')] : []),
      ...(shared
        ? [`verified as ${shared.session_id} by ${shared.application_name}: ${shared.status} there`]
        : []),
    ],
    facts: {
      session_id: row.id,
      session_number: row.session_number,
      session_type: type,
      api_service: row.api_service,
      application: { id: applicationId, slug: row.slug, environment },
      workflow:
        row.workflow_id === null
          ? null
          : { id: row.workflow_id, slug: row.workflow_slug, version: row.workflow_version, name: workflow },
      created_by: callers.map((caller) => ({
        type: caller.actor_type,
        id: caller.actor,
        key_created_at: caller.key_created_at,
      })),
      named: row.has_subject,
      portrait: row.has_portrait,
      enrols: row.enrols,
      status: row.status,
      status_changed_at: row.status_changed_at,
      expires_at: row.expires_at,
      deleted_at: row.deleted_at,
      shared_from: shared && {
        session_id: shared.session_id,
        application_id: shared.application_id,
        share_id: shared.share_id,
        status: shared.status,
        scope: shared.scope,
      },
    },
  };
}

/** `FACE_MATCH` was called at /v3/face-match/. */
function callPath({ api_service }: ToldRow): string {
  return (api_service ?? '').toLowerCase().replaceAll('_', '-');
}

function workflowName({ workflow_slug, workflow_version, definition }: ToldRow): string {
  return `${workflow_slug ?? definition.workflow_label}@${workflow_version ?? 0}`;
}

async function challenges(db: Db, row: ToldRow): Promise<StoryEntry[]> {
  const rows = await listToldChallenges(db, row.id);
  return rows.flatMap(({ attempt_id, method, issued_at, expires_at, used_at }): StoryEntry[] => {
    const facts = { attempt_id, method, issued_at, expires_at, used_at };
    const issued = `${method} challenge issued for attempt ${short(attempt_id)}`;
    const answered = `${method} challenge answered`;
    return [
      { at: issued_at, service, kind: 'challenge_issued', text: issued, facts },
      ...(used_at === null ? [] : [{ at: used_at, service, kind: 'challenge_used', text: answered, facts }]),
    ];
  });
}

function stepUps({
  step_up: stepUp,
  reports,
  attempts,
  definition,
  status_changed_at,
  session_type,
  status,
}: ToldRow): StoryEntry[] {
  const entries: StoryEntry[] = [];
  if (stepUp !== null) {
    const { action, rule, because, assessment_id, method, skipped_selfie, skip_refused } = stepUp;
    const by = rule === null ? "the workflow's own method" : `rule "${rule}"`;
    entries.push({
      at: new Date(stepUp.at),
      service,
      kind: 'step_up',
      text: skipped_selfie ? `selfie skipped by ${by}` : `asked for ${method} by ${by}`,
      lines: [
        ...because.map((words) => `because ${words}`),
        ...(skip_refused === null ? [] : [`skipping was refused: ${skip_refused}`]),
      ],
      facts: { action, rule, because, assessment_id, method, skipped_selfie, skip_refused },
    });
  }
  // Without a look, what the session came to has no attempt to stand with.
  if (reports !== null && reports.length > 0 && attempts.length === 0) {
    const steps = whyOf(reports, definition.steps);
    entries.push({
      at: status_changed_at,
      service,
      kind: 'verdict',
      text: `${status}: ${session_type === 'IMPORTED' ? 'by what was shared' : session_type === 'API' ? 'answered at once' : 'without a look'}`,
      lines: steps.flatMap(stepLines),
      facts: { attempt_id: null, verdict: status, evidence: null, steps },
    });
  }
  return entries;
}

/** Every status, as its event tells it; the last one alone where events are kept no longer. */
async function statuses(db: Db, row: ToldRow): Promise<StoryEntry[]> {
  const events = await readEventsAbout(db, row.id);
  const entries = events.map((event): StoryEntry => {
    const told = SessionStatusChanged.decode(event.payload);
    const { status, previousStatus, sequence, attemptId, captureReceivedAt } = told;
    return {
      at: told.occurredAt ?? event.enqueuedAt,
      service,
      kind: 'status',
      text: previousStatus === '' ? status : `${previousStatus} → ${status}`,
      facts: {
        status,
        previous_status: previousStatus || null,
        session_sequence: Number(sequence),
        attempt_id: attemptId || null,
        frame_received_at: captureReceivedAt ?? null,
      },
      ...eventOf(event),
    };
  });
  const isTold = entries.some(({ facts }) => facts.status === row.status);
  if (isTold) return entries;
  const text = row.deleted_at ? `was ${row.status}` : `is ${row.status}`;
  const facts = { status: row.status, previous_status: null, session_sequence: null, attempt_id: null };
  const lines =
    row.deleted_at === null ? ['its earlier statuses are told no more: events are kept for a week'] : [];
  return [...entries, { at: row.status_changed_at, service, kind: 'status', text, lines, facts }];
}

/** Of a comment only its length: it may say anything about anybody. */
async function byHand(db: Db, row: ToldRow): Promise<StoryEntry[]> {
  const reviews = await listReviews(db, row.id, reviewsMax);
  return reviews.map((review): StoryEntry => {
    const { activity_type, actor_type, previous_status, new_status, comment, created_at: at } = review;
    const noted = comment === null ? '' : `, with a note of ${comment.length} characters`;
    const what = new_status === null ? activity_type : `${previous_status ?? '…'} → ${new_status}`;
    const facts = {
      activity: activity_type,
      actor: actor_type,
      previous_status,
      new_status,
      note_length: comment?.length ?? 0,
    };
    return { at, service, kind: 'review', text: `by hand (${review.actor}): ${what}${noted}`, facts };
  });
}

async function use(db: Db, row: ToldRow): Promise<StoryEntry[]> {
  const used = await findUse(db, row.id);
  if (used === undefined) return [];
  const usd = used.price_micros / 1_000_000;
  const facts = { item: used.item, price_usd: usd };
  return [
    { at: used.used_at, service, kind: 'usage', text: `counted as ${used.item}, $${usd.toFixed(2)}`, facts },
  ];
}
