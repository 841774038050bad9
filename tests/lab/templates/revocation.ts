import { randomUUID } from 'node:crypto';
import type { TemplateKey } from '@selfsame/biometrics/domain/template';
import { migrations } from '@selfsame/biometrics/migrations';
import type { BiometricsTables } from '@selfsame/biometrics/outbound/tables';
import { createVault, type Vault } from '@selfsame/biometrics/outbound/vault';
import { type ProtectedTemplate, protectedCosine } from '@selfsame/biometrics/protection/transform';
import { activeKey, revokeTemplateKey } from '@selfsame/biometrics/template-keys';
import { enqueueDeferred } from '@selfsame/bus/deferred';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { LFW_MODEL } from './accuracy.ts';
import { PLAIN_THRESHOLDS } from './attacks.ts';
import { labKey } from './keys.ts';
import { across, gaussianOf, mix, randomDirection } from './vectors.ts';

/** What became of templates whose key version was revoked, and of those issued in their place. */
export interface Reissued {
  readonly templates: number;
  /** Stored templates that still have a content or a key after the revocation. */
  readonly left: number;
  /** Old templates, as a thief of the opened table has them, accepted beside the new one of the same face. */
  readonly oldMatches: number;
  /** New templates accepted beside another look at the same face. */
  readonly newMatches: number;
  readonly revokeSeconds: number;
}

const BATCH = 500;
/** The mildest there is: one impostor in a thousand passes. */
const THRESHOLD = PLAIN_THRESHOLDS['FAR 1e-3'];

/**
 * Enrols made-up faces in a database of their own, revokes their key version through the service's code, enrols another
 * look at each under the new one, and compares.
 */
export async function reissue(templates: number): Promise<Reissued> {
  const postgres = await testDatabaseUrl();
  try {
    const log = createLog('lab', 'error');
    await migrate({ service: 'biometrics', url: postgres.url, migrations, log });
    const database = await openDatabase<BiometricsTables>({
      service: 'biometrics',
      url: postgres.url,
      migrations,
    });
    try {
      return await reissueIn(database, templates);
    } finally {
      await database.close();
    }
  } finally {
    await postgres.drop();
  }
}

async function reissueIn(database: Database<BiometricsTables>, templates: number): Promise<Reissued> {
  const vault = createVault(Buffer.from(labKey('biometric key')));
  const applicationId = randomUUID();
  const before = await activeKey(database.db, applicationId);
  const old = await enrolAll(database, vault, before, lookOf(templates, 'enrolled'));

  const start = performance.now();
  const revoked = { applicationId, version: before.version };
  await revokeTemplateKey({ database, bus: { enqueue: enqueueDeferred } }, revoked);
  const revokeSeconds = Math.round((performance.now() - start) / 100) / 10;
  const left = await countUsable(database);

  const after = await activeKey(database.db, applicationId);
  const renewed = await enrolAll(database, vault, after, lookOf(templates, 'renewed'));
  let [oldMatches, newMatches, index] = [0, 0, 0];
  for (const look of lookOf(templates, 'signing in')) {
    const template = renewed[index] ?? new Int8Array(0);
    if (protectedCosine(old[index] ?? new Int8Array(0), template) >= THRESHOLD) oldMatches += 1;
    if (protectedCosine(vault.protect(after, look), template) >= THRESHOLD) newMatches += 1;
    index += 1;
  }
  return { templates, left, oldMatches, newMatches, revokeSeconds };
}

/** A look at each of the made-up people, who are the same each time. */
function* lookOf(people: number, occasion: string): Generator<Float32Array> {
  const [face, light] = [gaussianOf('reissue'), gaussianOf('reissue', occasion)];
  const { mean, deviation } = LFW_MODEL.genuine;
  // Two looks that are each this far from a face are as far from each other as two photos of LFW.
  const towards = (cosine: number) => Math.sqrt(Math.max(0, Math.min(1, cosine)));
  for (let person = 0; person < people; person += 1) {
    const direction = randomDirection(face);
    const side = across(randomDirection(light), direction);
    yield Float32Array.from(mix(direction, side, towards(mean + deviation * light())));
  }
}

/** @returns what was stored, in the order of the looks */
async function enrolAll(
  { db }: Database<BiometricsTables>,
  vault: Vault,
  key: TemplateKey,
  looks: Iterable<Float32Array>,
): Promise<ProtectedTemplate[]> {
  const { applicationId } = key;
  const made = { pipelineVersion: 'lab', embeddingSpace: 'lab' };
  const templates: ProtectedTemplate[] = [];
  const rows: Parameters<typeof write>[1] = [];
  for (const look of looks) {
    const template = vault.protect(key, look);
    const owner = { kind: 'subject', applicationId, subject: `subject ${templates.length}` } as const;
    const { sealed, keyId } = vault.seal(owner, key, template, made);
    templates.push(template);
    rows.push({
      application_id: applicationId,
      kind: owner.kind,
      owner: owner.subject,
      subject: null,
      session_id: 'lab',
      key_id: keyId,
      key_version: key.version,
      pipeline_version: made.pipelineVersion,
      embedding_space: made.embeddingSpace,
      sealed,
      expires_at: null,
    });
    if (rows.length === BATCH) await write(db, rows.splice(0));
  }
  if (rows.length > 0) await write(db, rows);
  return templates;
}

async function write(
  db: Database<BiometricsTables>['db'],
  rows: {
    application_id: string;
    kind: 'subject';
    owner: string;
    subject: null;
    session_id: string;
    key_id: string;
    key_version: number;
    pipeline_version: string;
    embedding_space: string;
    sealed: Buffer;
    expires_at: null;
  }[],
): Promise<void> {
  await db
    .insertInto('templates')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['application_id', 'kind', 'owner']).doUpdateSet(({ ref }) => ({
        key_version: ref('excluded.key_version'),
        sealed: ref('excluded.sealed'),
      })),
    )
    .execute();
}

async function countUsable({ db }: Database<BiometricsTables>): Promise<number> {
  const { count } = await db
    .selectFrom('templates as t')
    .leftJoin('template_keys as k', (join) =>
      join.onRef('k.application_id', '=', 't.application_id').onRef('k.version', '=', 't.key_version'),
    )
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where((is) => is.or([is('k.salt', 'is not', null), is('t.sealed', '!=', Buffer.alloc(0))]))
    .executeTakeFirstOrThrow();
  return count;
}
