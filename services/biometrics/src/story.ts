import {
  eventOf,
  type PublishedEvent,
  readEventsNear,
  type StoryEntry,
  type StoryOf,
} from '@selfsame/bus/story';
import { templateEnrolled } from '@selfsame/contracts/catalog';
import {
  countKeptImages,
  findImportDecision,
  listSessionChanges,
  listSessionTemplates,
} from './outbound/story-store.ts';
import type { Tables } from './outbound/tables.ts';
import { changeWords } from './story-words.ts';

const service = 'biometrics';

const kinds = {
  reference: 'portrait kept as a template for this session',
  candidate: 'face of a look kept in case it is approved',
  subject: "this look is its user's enrolled template",
} as const;

/**
 * What this service knows of a session, in no order: which templates it has left and whether one was promoted. Never a
 * template, never a picture. For operators: see `readStory` of session.
 */
export async function readStory(
  db: Tables,
  { sessionId, applicationId, approvals = [] }: StoryOf,
): Promise<StoryEntry[]> {
  const session = { sessionId, applicationId };
  const [templates, images, imported] = await Promise.all([
    listSessionTemplates(db, session),
    countKeptImages(db, session),
    findImportDecision(db, session),
  ]);
  const subject = templates.find(({ kind }) => kind === 'subject')?.owner;
  const entries: StoryEntry[] = templates.map((template) => {
    const { kind, created_at: at, expires_at, key_version, pipeline_version, is_revoked } = template;
    return {
      at,
      service,
      kind: 'template',
      text: `${kinds[kind]}, under key ${key_version}`,
      facts: { template_kind: kind, key_version, pipeline_version, expires_at, revoked: is_revoked },
      ...(is_revoked && { problem: 'its template key was revoked: the user has to enrol again' }),
    };
  });
  const changed = subject === undefined ? [] : await changes(db, session, subject);
  entries.push(...(changed.length > 0 ? changed : await replaced(db, sessionId, approvals)));
  for (const { kind, count, since } of images) {
    entries.push({
      at: since,
      service,
      kind: 'picture_kept',
      text: `${count} ${kind} ${count === 1 ? 'picture' : 'pictures'} kept, sealed`,
      facts: { picture_kind: kind, count },
    });
  }
  if (imported !== undefined) {
    const { status, decided_at: at } = imported;
    entries.push({
      at,
      service,
      kind: 'import_followed',
      text: `followed the import: ${status}`,
      facts: { status },
    });
  }
  return entries;
}

/** A template that another session has replaced since is found by the event that told of it alone. */
async function replaced(db: Tables, sessionId: string, approvals: readonly Date[]): Promise<StoryEntry[]> {
  const found = await Promise.all(approvals.map((at) => enrolledEvents(db, at, sessionId)));
  return found.flat().map((event) => ({
    at: event.enqueuedAt,
    service,
    kind: 'template_promoted',
    text: "this look became its user's template; a later session has replaced it",
    facts: { change: null },
    ...eventOf(event),
  }));
}

/** What looks of the session did to the template, and the event that told of it. */
async function changes(db: Tables, session: StoryOf, subject: string): Promise<StoryEntry[]> {
  const rows = await listSessionChanges(db, session, subject);
  return await Promise.all(
    rows.map(async (row): Promise<StoryEntry> => {
      const { at, kind, look_similarity, previous_similarity, anchor_similarity } = row;
      const [event] = await enrolledEvents(db, at, session.sessionId);
      return {
        at,
        service,
        kind: 'template_promoted',
        text: changeWords(kind, look_similarity !== null),
        facts: { change: kind, look_similarity, previous_similarity, anchor_similarity },
        ...(event && eventOf(event)),
      };
    }),
  );
}

function enrolledEvents(db: Tables, at: Date, sessionId: string): Promise<PublishedEvent[]> {
  return readEventsNear(db, { subject: templateEnrolled.subject, at, naming: sessionId });
}
