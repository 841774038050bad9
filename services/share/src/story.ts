import { eventOf, readEventsNear, type StoryEntry, type StoryOf } from '@selfsame/bus/story';
import { shareRevoked } from '@selfsame/contracts/catalog';
import { listRefusals, listToldConsents, listToldImports, listToldShares } from './outbound/story-store.ts';
import type { Queries } from './outbound/tables.ts';

const service = 'share';
/** An import that is not over by then is taken up by the service's sweep. */
const importMaxMs = 5 * 60_000;

/**
 * What this service knows of a session, in no order: consents, shares, imports. Never a token, nothing of a snapshot. For
 * operators: see `readStory` of session.
 */
export async function readStory(
  db: Queries,
  { sessionId, applicationId }: StoryOf,
  now = new Date(),
): Promise<StoryEntry[]> {
  const parts = await Promise.all([
    consents(db, applicationId, sessionId),
    shares(db, sessionId),
    imports(db, sessionId, now),
  ]);
  return parts.flat();
}

async function consents(db: Queries, applicationId: string, sessionId: string): Promise<StoryEntry[]> {
  const rows = await listToldConsents(db, applicationId, sessionId);
  return rows.flatMap((row) => {
    const { id, audience, scope, state, asked_at, answered_at, withdrawn_at } = row;
    const facts = {
      consent_id: id,
      audience,
      scope,
      state,
      evidence_kind: row.evidence_kind,
      valid_until: row.valid_until,
    };
    const entry = (at: Date, kind: string, text: string): StoryEntry => ({ at, service, kind, text, facts });
    return [
      entry(asked_at, 'consent_asked', `consent asked for ${audience} (${scope})`),
      ...(answered_at === null
        ? []
        : [
            entry(
              answered_at,
              'consent_answered',
              `consent ${state === 'refused' ? 'refused' : 'given'} for ${audience}`,
            ),
          ]),
      ...(withdrawn_at === null
        ? []
        : [entry(withdrawn_at, 'consent_withdrawn', `consent for ${audience} withdrawn`)]),
    ];
  });
}

async function shares(db: Queries, sessionId: string): Promise<StoryEntry[]> {
  const rows = await listToldShares(db, sessionId);
  if (rows.length === 0) return [];
  const refusals = await listRefusals(
    db,
    rows.map(({ share_id }) => share_id),
  );
  const told = await Promise.all(rows.map((row) => shareEntries(db, row)));
  return [
    ...told.flat(),
    ...refusals.map(
      ({ share_id, application_id, reason, refused_at: at }): StoryEntry => ({
        at,
        service,
        kind: 'import_refused',
        text: `import by ${application_id} refused: ${reason}`,
        facts: { share_id, application_id, reason },
      }),
    ),
  ];
}

async function shareEntries(
  db: Queries,
  row: Awaited<ReturnType<typeof listToldShares>>[number],
): Promise<StoryEntry[]> {
  const {
    share_id,
    audience,
    scope,
    created_at,
    revoked_at,
    revoked_because,
    imported_at,
    expires_at,
    consent_id,
  } = row;
  const facts = { share_id, audience, scope, consent_id, expires_at, imported_at };
  const shared: StoryEntry = {
    at: created_at,
    service,
    kind: 'shared',
    text: `shared with ${audience} (${scope})`,
    facts,
  };
  if (revoked_at === null) return [shared];
  const [event] = await readEventsNear(db, {
    subject: shareRevoked.subject,
    at: revoked_at,
    naming: share_id,
  });
  return [
    shared,
    {
      at: revoked_at,
      service,
      kind: 'share_revoked',
      text: `share with ${audience} revoked: ${revoked_because}`,
      facts: { share_id, because: revoked_because },
      ...(event && eventOf(event)),
    },
  ];
}

async function imports(db: Queries, sessionId: string, now: Date): Promise<StoryEntry[]> {
  const rows = await listToldImports(db, sessionId);
  return rows.flatMap((row): StoryEntry[] => {
    const { import_id, share_id, status, scope, reserved_at, imported_at } = row;
    const came = import_id === sessionId;
    const other = came ? `from ${row.from_application_id}` : `by ${row.to_application_id}`;
    const facts = {
      import_id,
      share_id,
      direction: came ? 'in' : 'out',
      from_session_id: row.from_session_id,
      from_application_id: row.from_application_id,
      to_application_id: row.to_application_id,
      scope,
      status,
      face_granted: row.granted,
    };
    const isStuck = status === 'pending' && now.getTime() - reserved_at.getTime() > importMaxMs;
    const begun: StoryEntry = {
      at: reserved_at,
      service,
      kind: 'import_begun',
      text: `import ${other} begun (${scope})`,
      facts,
      ...(isStuck && {
        problem: 'the import is not over: session or biometrics was away; it is tried again by itself',
      }),
    };
    if (imported_at === null) return [begun];
    const granted = row.granted ? ', its face may be compared' : '';
    return [
      begun,
      { at: imported_at, service, kind: 'imported', text: `imported ${other}${granted}`, facts },
    ];
  });
}
