import { spawn } from 'node:child_process';
import { createHash, createPublicKey, randomBytes, randomUUID, verify } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rotateSigningKey } from '@selfsame/keys/signing';
import { createLocalJWKSet } from 'jose';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rootOf } from '../src/domain/merkle.ts';
import type { RecordEntry } from '../src/domain/record.ts';
import { appendRecord, appendRecords } from '../src/records/records.ts';
import { sweepRecords } from '../src/records/sweeper.ts';
import { verifyLog } from '../src/records/verification.ts';
import { openWorld, type World } from './harness.ts';

const dayMs = 86_400_000;
let world: World;
let directory: string;

beforeAll(async () => {
  world = await openWorld();
  directory = mkdtempSync(join(tmpdir(), 'share-records-'));
});

afterAll(async () => {
  await world?.close();
  rmSync(directory, { recursive: true, force: true });
});

function entry(applicationId: string, facts: Partial<RecordEntry> = {}): RecordEntry {
  return {
    applicationId,
    kind: 'share_created',
    userPid: 'aaaabbbbccccddddaaaabbbbccccdddd',
    fromApplicationId: applicationId,
    audienceId: world.partner.id,
    audience: world.partner.slug,
    audienceName: world.partner.name,
    purpose: 'lending',
    scope: 'kyc',
    shareId: randomUUID(),
    consentId: null,
    expiresAt: new Date(Date.now() + 900_000),
    importStatus: null,
    note: null,
    documentSha256: null,
    ...facts,
  };
}

const append = (facts: RecordEntry) =>
  world.context.database.transaction((tx) => appendRecord(world.context, tx, facts));

/** A log of its own, with so many entries. */
async function newLog(size: number): Promise<string> {
  const applicationId = randomUUID();
  for (let at = 0; at < size; at += 1) await append(entry(applicationId));
  return applicationId;
}

async function faultsOf(
  applicationId: string,
  heads: string[] = [],
  now = Date.now(),
): Promise<readonly string[]> {
  const { context } = world;
  const checks = {
    key: createLocalJWKSet(await context.signing.jwks()),
    heads,
    emptyBefore: new Date(now - context.config.shareRecordDays * dayMs),
  };
  return (await verifyLog(context.database.db, applicationId, checks)).faults;
}

/** Changes what the service itself cannot: as whoever owns the tables may, with the triggers off. */
async function tamper(act: (db: Kysely<never>) => Promise<unknown>): Promise<void> {
  await world.context.database.transaction(async (tx) => {
    await sql`ALTER TABLE records DISABLE TRIGGER USER`.execute(tx);
    await sql`ALTER TABLE record_nodes DISABLE TRIGGER USER`.execute(tx);
    await act(tx as unknown as Kysely<never>);
    await sql`ALTER TABLE records ENABLE TRIGGER USER`.execute(tx);
    await sql`ALTER TABLE record_nodes ENABLE TRIGGER USER`.execute(tx);
  });
}

const hash = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 9162 section 2.1.3.2, as somebody who has nothing but the answer. */
function isIncluded(proof: {
  leaf: string;
  leaf_index: number;
  tree_size: number;
  path: string[];
  root_hash: string;
}) {
  let [at, last] = [proof.leaf_index, proof.tree_size - 1];
  let root = hash(Buffer.of(0), Buffer.from(proof.leaf));
  for (const step of proof.path.map((text) => Buffer.from(text, 'hex'))) {
    if (at % 2 === 1 || at === last) {
      root = hash(Buffer.of(1), step, root);
      while (at % 2 === 0 && at !== 0) [at, last] = [at >> 1, last >> 1];
    } else root = hash(Buffer.of(1), root, step);
    [at, last] = [at >> 1, last >> 1];
  }
  return last === 0 && root.toString('hex') === proof.root_hash;
}

async function readHead(jws: string) {
  const [head = '', payload = '', signature = ''] = jws.split('.');
  const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString());
  const { body } = await world.as('nobody')('GET', '/v3/share/jwks.json');
  const key = createPublicKey({
    key: body.keys.find((each: { kid: string }) => each.kid === kid),
    format: 'jwk',
  });
  const bytes = Buffer.from(`${head}.${payload}`);
  const dsaEncoding = 'ieee-p1363' as const;
  expect(verify('sha256', bytes, { key, dsaEncoding }, Buffer.from(signature, 'base64url'))).toBe(true);
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}

describe('a record of shares', () => {
  test('tells what was shared with whom, what for, and what became of it; to its application alone', async () => {
    const asSharer = world.as(world.sharer);
    const session = world.newSession();
    const shared = await world.share(session, { purpose: 'payments' });
    await world.importAs(world.partner, shared.body.share_token);
    const { body } = await asSharer('GET', `/v3/share/records/?share_id=${shared.body.share_id}`);
    expect(body.count).toBe(2);
    expect(body.results[0]).toMatchObject({
      kind: 'share_imported',
      user_pid: session.userPid,
      audience: world.partner.slug,
      audience_name: world.partner.name,
      for_application_id: world.partner.id,
      purpose: 'payments',
      scope: 'kyc',
      share_id: shared.body.share_id,
      import_status: 'imported',
    });
    const theirs = await world.as(world.partner)('GET', '/v3/share/records/?kind=share_imported');
    const own = theirs.body.results.find(
      ({ share_id: id }: { share_id: string }) => id === shared.body.share_id,
    );
    expect(own).toMatchObject({ from_application_id: world.sharer.id });
    // Each side knows the person by a name of its own.
    expect(own.user_pid).not.toBe(session.userPid);
    expect((await world.as(world.stranger)('GET', '/v3/share/records/')).body.count).toBe(0);

    const count = async (query: string) => (await asSharer('GET', `/v3/share/records/?${query}`)).body.count;
    const all = await count('');
    expect(await count(`user_pid=${session.userPid}`)).toBe(2);
    expect(await count(`audience=${encodeURIComponent(world.partner.name.toUpperCase())}`)).toBe(all);
    expect(await count(`audience=${world.partner.id}`)).toBe(all);
    expect(await count(`audience=${world.partner.slug}`)).toBe(all);
    expect(await count('audience=nobody')).toBe(0);
    expect(await count('purpose=payments&kind=share_created')).toBe(1);
    expect(await count(`date_to=${new Date(Date.now() - dayMs).toISOString()}`)).toBe(0);
    expect(await count(`date_from=${new Date(Date.now() - dayMs).toISOString()}`)).toBe(all);
    expect((await asSharer('GET', '/v3/share/records/?kind=nothing')).status).toBe(400);
    const paged = await asSharer('GET', '/v3/share/records/?limit=1');
    expect(paged.body.results).toHaveLength(1);
    expect(paged.body.next).toContain('offset=1');
  });

  test('proves each entry under a signed head, and that a log goes on from a former one', async () => {
    const asSharer = world.as(world.sharer);
    for (let at = 0; at < 11; at += 1) await append(entry(world.sharer.id));
    const former = (await asSharer('GET', '/v3/share/records/head/')).body;
    for (let at = 0; at < 6; at += 1) await append(entry(world.sharer.id));
    const size = former.tree_size + 6;
    for (let sequence = 1; sequence <= size; sequence += 1) {
      const { body } = await asSharer('GET', `/v3/share/records/${sequence}/proof/`);
      expect(body).toMatchObject({ sequence, leaf_index: sequence - 1, tree_size: size });
      expect(isIncluded(body)).toBe(true);
      expect(JSON.parse(body.leaf).slice(2, 4)).toEqual([world.sharer.id, sequence]);
      expect(
        isIncluded({ ...body, leaf: body.leaf.replace('lending', 'payments').replace('kyc', 'aml') }),
      ).toBe(false);
      if (sequence === size) {
        expect(await readHead(body.head)).toMatchObject({
          log: world.sharer.id,
          tree_size: size,
          root_hash: body.root_hash,
        });
      }
    }
    const { body } = await asSharer('GET', `/v3/share/records/head/?since=${former.tree_size}`);
    expect(body.consistency.length).toBeGreaterThan(0);
    expect((await asSharer('GET', `/v3/share/records/head/?since=${size + 1}`)).status).toBe(400);
    expect((await asSharer('GET', `/v3/share/records/${size + 1}/proof/`)).status).toBe(404);
    expect((await asSharer('GET', '/v3/share/records/0/proof/')).status).toBe(404);
    const nothing = await world.as(world.stranger)('GET', '/v3/share/records/head/');
    expect(nothing.body).toMatchObject({ tree_size: 0, root_hash: rootOf([]).toString('hex') });
  });

  test('has no gap and no fork when many write at once, in several logs crosswise', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        world.context.database.transaction((tx) =>
          appendRecords(world.context, tx, at % 2 ? [entry(one), entry(other)] : [entry(other), entry(one)]),
        ),
      ),
    );
    for (const log of [one, other]) expect(await faultsOf(log)).toEqual([]);
    const { db } = world.context.database;
    const found = await db
      .selectFrom('records')
      .select('sequence')
      .where('application_id', '=', one)
      .execute();
    expect(found.map(({ sequence }) => sequence).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, at) => at + 1),
    );
  });

  test('of a transaction that is rolled back there is nothing', async () => {
    const log = await newLog(2);
    const failed = world.context.database.transaction(async (tx) => {
      await appendRecord(world.context, tx, entry(log));
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    await append(entry(log));
    expect(await faultsOf(log)).toEqual([]);
  });
});

describe('nobody changes a record', () => {
  test('not even the service: neither entries nor subtrees', async () => {
    const log = await newLog(3);
    const { db } = world.context.database;
    const tries = [
      sql`UPDATE records SET purpose = 'payments' WHERE application_id = ${log}`,
      sql`UPDATE records SET head = '' WHERE application_id = ${log}`,
      sql`DELETE FROM records WHERE application_id = ${log} AND sequence = 3`,
      sql`TRUNCATE records`,
      sql`UPDATE record_nodes SET hash = ${randomBytes(32)} WHERE application_id = ${log}`,
      sql`DELETE FROM record_nodes WHERE application_id = ${log}`,
      sql`TRUNCATE record_nodes`,
      // Before its time nothing is let go of either.
      sql`UPDATE records SET at = NULL, kind = NULL, user_pid = NULL, from_application_id = NULL, audience_id = NULL,
        audience = NULL, audience_name = NULL, purpose = NULL, scope = NULL, share_id = NULL, consent_id = NULL, expires_at = NULL,
        import_status = NULL, note = NULL, document_sha256 = NULL, salt = NULL WHERE application_id = ${log}`,
    ];
    for (const attempt of tries) await expect(attempt.execute(db)).rejects.toThrow('append-only');
    expect(await faultsOf(log)).toEqual([]);
  });

  test('whoever has the tables, without its being seen', async () => {
    const damages: [string, RegExp, (log: string) => Promise<void>][] = [
      [
        'an entry is altered',
        /^altered: entry 4 /,
        (log) =>
          tamper((db) =>
            sql`UPDATE records SET audience = 'Somebody Else' WHERE application_id = ${log} AND sequence = 4`.execute(
              db,
            ),
          ),
      ],
      [
        'an entry is altered together with its hash',
        /^rewritten: entry 4/,
        (log) =>
          tamper((db) =>
            sql`UPDATE records SET hash = ${randomBytes(32)} WHERE application_id = ${log} AND sequence = 4`.execute(
              db,
            ),
          ),
      ],
      [
        'an entry is missing',
        /^missing: entry 4$/,
        (log) =>
          tamper((db) => sql`DELETE FROM records WHERE application_id = ${log} AND sequence = 4`.execute(db)),
      ],
      [
        'two entries have changed places',
        /^reordered: entry 4 carries the head of entry 5$/,
        (log) =>
          tamper(async (db) => {
            for (const [from, to] of [
              [4, 1_000],
              [5, 4],
              [1_000, 5],
            ]) {
              await sql`UPDATE records SET sequence = ${to} WHERE application_id = ${log} AND sequence = ${from}`.execute(
                db,
              );
            }
          }),
      ],
      [
        'parts of an entry are gone',
        /^altered: parts of entry 4 are gone$/,
        (log) =>
          tamper((db) =>
            sql`UPDATE records SET purpose = NULL WHERE application_id = ${log} AND sequence = 4`.execute(db),
          ),
      ],
      [
        'an entry was emptied before its time',
        /^altered: entry 4 was emptied/,
        (log) =>
          tamper((db) =>
            sql`UPDATE records SET at = NULL, kind = NULL, user_pid = NULL, from_application_id = NULL, audience_id = NULL,
              audience = NULL, audience_name = NULL, purpose = NULL, scope = NULL, share_id = NULL, consent_id = NULL, expires_at = NULL,
              import_status = NULL, note = NULL, document_sha256 = NULL, salt = NULL
              WHERE application_id = ${log} AND sequence = 4`.execute(db),
          ),
      ],
      [
        'an entry was emptied, and its time set back',
        /^altered: entry 4 was emptied/,
        (log) =>
          tamper((db) =>
            sql`UPDATE records SET kept_from = '2001-01-01', at = NULL, kind = NULL, user_pid = NULL, from_application_id = NULL,
              audience_id = NULL, audience = NULL, audience_name = NULL, purpose = NULL, scope = NULL, share_id = NULL, consent_id = NULL,
              expires_at = NULL, import_status = NULL, note = NULL, document_sha256 = NULL, salt = NULL
              WHERE application_id = ${log} AND sequence = 4`.execute(db),
          ),
      ],
      [
        'an entry is to be kept for ever',
        /^altered: entry 4 is not kept from when/,
        (log) =>
          tamper((db) =>
            sql`UPDATE records SET kept_from = '2101-01-01' WHERE application_id = ${log} AND sequence = 4`.execute(
              db,
            ),
          ),
      ],
      [
        'a head is not ours',
        /^entry 4 has no head that this deployment has signed$/,
        (log) =>
          tamper((db) =>
            sql`UPDATE records SET head = replace(head, 'a', 'b') WHERE application_id = ${log} AND sequence = 4`.execute(
              db,
            ),
          ),
      ],
      [
        'a subtree is altered',
        /^altered: subtree 2\/0$/,
        (log) =>
          tamper((db) =>
            sql`UPDATE record_nodes SET hash = ${randomBytes(32)}
              WHERE application_id = ${log} AND level = 2 AND position = 0`.execute(db),
          ),
      ],
      [
        'a subtree is missing',
        /^missing: subtree 1\/1$/,
        (log) =>
          tamper((db) =>
            sql`DELETE FROM record_nodes WHERE application_id = ${log} AND level = 1 AND position = 1`.execute(
              db,
            ),
          ),
      ],
    ];
    for (const [what, expected, damage] of damages) {
      const log = await newLog(6);
      expect(await faultsOf(log), what).toEqual([]);
      await damage(log);
      const faults = await faultsOf(log);
      expect(
        faults.some((text) => expected.test(text)),
        `${what}: ${faults.join('; ')}`,
      ).toBe(true);
    }
  });

  test('whoever cuts off the end, if anybody has kept a head', async () => {
    const log = await newLog(6);
    const { rows } = await sql<{
      head: string;
    }>`SELECT head FROM records WHERE application_id = ${log} AND sequence = 6`.execute(
      world.context.database.db,
    );
    const kept = rows[0]?.head ?? '';
    await append(entry(log));
    expect(await faultsOf(log, [kept])).toEqual([]);
    await tamper(async (db) => {
      await sql`DELETE FROM records WHERE application_id = ${log} AND sequence > 4`.execute(db);
      await sql`DELETE FROM record_nodes WHERE application_id = ${log} AND (position + 1) << level > 4`.execute(
        db,
      );
    });
    expect(await faultsOf(log)).toEqual([]);
    expect(await faultsOf(log, [kept])).toEqual(['cut short: a kept head has seen 6 entries, there are 4']);
    // And it goes on as another log.
    for (let at = 0; at < 3; at += 1) await append(entry(log));
    expect(await faultsOf(log, [kept])).toEqual([
      'rewritten: the first 6 entries are not those that a kept head has seen',
    ]);
    const foreign = await newLog(1);
    expect(await faultsOf(foreign, [kept])).toEqual(['a kept head is of another log']);
  });

  test('with a key of their own: one that we have not made vouches for nothing', async () => {
    const { publicKey } = (await import('node:crypto')).generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const { db } = world.context.database;
    await sql`INSERT INTO signing_keys (key_id, public_jwk, sealed_private, retired_at)
      VALUES ('theirs', ${JSON.stringify(jwk)}, NULL, now())`.execute(db);
    const { keys } = await world.context.signing.jwks();
    expect(keys.map(({ kid }) => kid)).not.toContain('theirs');
  });
});

describe('years later', () => {
  test('what an entry says is let go of, its place and every proof stay, and another replica takes other rows', async () => {
    const log = randomUUID();
    const later = Date.now() + 6 * 365 * dayMs;
    // Three of them are about what lasts until then.
    for (const lasts of [true, false, false, true, true]) {
      await append(entry(log, lasts ? { expiresAt: new Date(later) } : {}));
    }
    expect(await faultsOf(log)).toEqual([]);
    // The trigger looks at its own clock.
    await sql`ALTER TABLE records DISABLE TRIGGER records_kept`.execute(world.context.database.db);
    const sweeps = [
      sweepRecords(world.context, new Date(later)),
      sweepRecords(world.context, new Date(later)),
    ];
    await Promise.all(sweeps);
    await sql`ALTER TABLE records ENABLE TRIGGER records_kept`.execute(world.context.database.db);
    const { db } = world.context.database;
    const rows = await db
      .selectFrom('records')
      .selectAll()
      .where('application_id', '=', log)
      .orderBy('sequence')
      .execute();
    expect(rows.map(({ sequence, kind, user_pid: pid }) => [sequence, kind, pid !== null])).toEqual([
      [1, 'share_created', true],
      [2, null, false],
      [3, null, false],
      [4, 'share_created', true],
      [5, 'share_created', true],
    ]);
    expect(await faultsOf(log, [], later)).toEqual([]);
    await append(entry(log));
    expect(await faultsOf(log, [], later)).toEqual([]);
    // Today that was too soon, whatever the columns say.
    expect(await faultsOf(log)).toEqual([
      'altered: entry 2 was emptied before its time',
      'altered: entry 3 was emptied before its time',
    ]);
  });
});

test('the command says what is wrong, with an exit code for scripts', async () => {
  const log = await newLog(3);
  const run = async (...words: string[]) => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../src/cli/share-records.ts'), ...words],
      {
        env: { ...process.env, ...world.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const [code] = await once(child, 'close');
    return { code, output };
  };
  const head = await run('head', '--application', log);
  expect(head.code).toBe(0);
  const file = join(directory, 'head.jws');
  writeFileSync(file, head.output);
  const well = await run('verify', '--application', log, '--head', file);
  expect(well.output).toContain(`application ${log}: 3 entries, root`);
  expect(well).toMatchObject({ code: 0 });
  // Verifying signs nothing: it does its work also where the current key is not ours, and makes none.
  const { context } = world;
  await context.database.transaction(async (tx) => {
    await sql`UPDATE signing_keys SET retired_at = now() WHERE retired_at IS NULL`.execute(tx);
    await sql`INSERT INTO signing_keys (key_id, public_jwk) VALUES ('not ours', '{}')`.execute(tx);
  });
  expect(await run('verify', '--application', log)).toMatchObject({ code: 0 });
  expect(await run('head', '--application', log)).toMatchObject({ code: 2 });
  await rotateSigningKey(context);
  await context.signing.refresh();
  await tamper((db) =>
    sql`UPDATE records SET purpose = 'another' WHERE application_id = ${log} AND sequence = 2`.execute(db),
  );
  const wrong = await run('verify', '--application', log);
  expect(wrong.output).toContain('altered: entry 2');
  expect(wrong.code).toBe(1);
  const headOfNobody = await run('verify', '--head', file);
  expect(headOfNobody).toMatchObject({
    code: 2,
    output: expect.stringContaining('--head needs --application'),
  });
  const nobody = await run('verify', '--application', randomUUID());
  expect(nobody).toMatchObject({
    code: 2,
    output: expect.stringContaining('There is no record of shares of'),
  });
  // Whoever has read the record is on record.
  const { rows } =
    await sql`SELECT 1 FROM outbox WHERE encode(payload, 'escape') LIKE '%share-records verify%'`.execute(
      world.context.database.db,
    );
  expect(rows.length).toBeGreaterThan(0);
});

test('fifty entries a second in one log are little', async () => {
  const log = randomUUID();
  const { database } = world.context;
  const count = 200;
  const perSecond = async (run: () => Promise<unknown>) => {
    const begun = performance.now();
    await run();
    return Math.round((count / (performance.now() - begun)) * 1_000);
  };
  await sql`CREATE TABLE bare (at timestamptz)`.execute(database.db);
  const bare = await perSecond(async () => {
    // One after the other, as entries of one log have to be.
    for (let at = 0; at < count; at += 1) {
      await database.transaction((tx) => sql`INSERT INTO bare VALUES (now())`.execute(tx));
    }
  });
  const appends = await perSecond(() => Promise.all(Array.from({ length: count }, () => append(entry(log)))));
  const verified = await perSecond(async () => expect(await faultsOf(log)).toEqual([]));
  // Told and not asserted: how fast this machine is says nothing about the code.
  process.stderr.write(
    `records: ${appends}/s in one log, where ${bare}/s bare transactions follow one another; ${verified}/s verified\n`,
  );
});
