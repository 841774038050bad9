import { randomUUID } from 'node:crypto';
import { AssessmentPhase } from '@selfsame/contracts/fraud_signals/v1/service';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eraseAll } from '../src/retention.ts';
import { digest, factsOf, openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  for (const table of [
    'assessments',
    'visits',
    'known_devices',
    'known_networks',
    'devices',
    'erased_sessions',
  ]) {
    await sql`TRUNCATE ${sql.table(table)} CASCADE`.execute(world.context.database.db);
  }
});

/** Somebody who passes a selfie, and everything that tells of them. */
interface Person {
  readonly sessionId: string;
  readonly vendorData: string;
  readonly ipAddress: string;
  readonly device: { keySha256: Buffer; cookieSha256: Buffer };
  readonly userAgent: string;
}

const personOf = (name: string, ipAddress: string): Person => ({
  sessionId: randomUUID(),
  vendorData: `${name}@private.example`,
  ipAddress,
  device: { keySha256: digest(`key of ${name}`), cookieSha256: digest(`cookie of ${name}`) },
  userAgent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36 ${name}`,
});

async function passes(person: Person): Promise<void> {
  const { sessionId, vendorData, ipAddress, device, userAgent } = person;
  const attemptId = randomUUID();
  const session = {
    sessionId,
    vendorData,
    email: `mail-${vendorData}`,
    phone: '+4915112345678',
    applicationDeviceId: `app-device-of-${vendorData}`,
    applicationIpAddress: ipAddress,
  };
  const facts = factsOf({
    'http.user_agent': userAgent,
    'page.user_agent': userAgent,
    'page.time_zone': 'Asia/Tokyo',
  });
  const observation = { ipAddress, device, facts };
  await world.assess({ session, phase: AssessmentPhase.CREATION });
  await world.assess({ session, observation });
  await world.assess({ session, observation, phase: AssessmentPhase.CAPTURE, attemptId });
  await world.tell({
    sessionId,
    vendorData,
    attemptId,
    metadataJson: JSON.stringify({ device_id: vendorData }),
  });
  await world.settled();
}

/** All that nobody may find: as text, and as bytes in hexadecimal. */
function rawOf({ vendorData, ipAddress, device, userAgent }: Person): Record<string, string[]> {
  const inHex = (text: string) => [text, Buffer.from(text).toString('hex')];
  const digestOf = (bytes: Buffer) => [bytes.toString('hex'), bytes.toString('base64')];
  return {
    vendor_data: inHex(vendorData),
    address: inHex(ipAddress),
    'user agent': inHex(userAgent),
    phone: ['15112345678'],
    key: digestOf(device.keySha256),
    cookie: digestOf(device.cookieSha256),
  };
}

const hashesOf = ({ vendorData, device }: Person): Record<string, string[]> => {
  const { hash } = world.context;
  const { id } = world.application;
  return {
    'hash of the subject': [hash('subject', id, vendorData).toString('hex')],
    'hash of the device': [hash('device', device.keySha256).toString('hex')],
    'name of the device': [hash('device-name', id, hash('device', device.keySha256)).toString('hex')],
  };
};

/** Where anything of it lies, by table. */
async function found(wanted: Record<string, string[]>): Promise<string[]> {
  const places: string[] = [];
  for (const [table, text] of await world.dump()) {
    for (const [what, spellings] of Object.entries(wanted)) {
      if (spellings.some((spelling) => text.includes(spelling))) places.push(`${what} in ${table}`);
    }
  }
  return places.toSorted();
}

describe('what is kept of a person', () => {
  it('is hashes, beside what is kept as it was seen for a time, and then no more', async () => {
    const erin = personOf('erin', '23.99.88.77');
    await passes(erin);
    expect(await found(rawOf(erin))).toEqual(['address in visits', 'user agent in assessments']);
    const columns = await sql<{ column: string }>`
      SELECT key AS column FROM assessments AS a, jsonb_each_text(to_jsonb(a)) AS e
      WHERE e.value LIKE ${`%${erin.userAgent}%`} GROUP BY key`.execute(world.context.database.db);
    expect(columns.rows).toEqual([{ column: 'facts' }]);

    const { db } = world.context.database;
    await sql`UPDATE assessments SET raw_until = now() - interval '1 second'`.execute(db);
    await sql`UPDATE visits SET raw_until = now() - interval '1 second'`.execute(db);
    await eraseAll(world.context);
    expect(await found(rawOf(erin))).toEqual([]);
    // The score and what it was about outlive them.
    const { rows } = await sql`SELECT facts, rules, score IS NOT NULL AS scored FROM assessments`.execute(db);
    expect(rows).toEqual(new Array(3).fill({ facts: null, rules: [], scored: true }));
  });

  it('never comes into a log', async () => {
    const frank = personOf('frank', '23.99.88.78');
    await passes(frank);
    await world.tellErased(frank.vendorData);
    await world.settled();
    const log = world.logged();
    expect(log).not.toBe('');
    for (const [what, spellings] of Object.entries(rawOf(frank))) {
      for (const spelling of spellings) expect(log.includes(spelling), what).toBe(false);
    }
  });

  it('ends with the time for which anything is kept', async () => {
    await passes(personOf('gina', '23.99.88.79'));
    const { db } = world.context.database;
    await sql`UPDATE assessments SET assessed_at = now() - interval '401 days'`.execute(db);
    await sql`INSERT INTO erased_sessions VALUES (gen_random_uuid(), now() - interval '8 days')`.execute(db);
    await eraseAll(world.context);
    const dump = await world.dump();
    expect([dump.get('assessments'), dump.get('erased_sessions')]).toEqual(['', '']);
  });
});

describe('a person who is erased', () => {
  it('leaves nothing behind, and takes nothing along of others', async () => {
    const hanna = personOf('hanna', '23.99.88.80');
    const ivan = personOf('ivan', '23.99.88.81');
    await passes(hanna);
    await passes(ivan);
    expect(await found(hashesOf(hanna))).not.toEqual([]);
    const ofIvan = await found({ ...rawOf(ivan), ...hashesOf(ivan) });

    await world.tellErased(hanna.vendorData);
    await world.settled();
    expect(await found({ ...rawOf(hanna), ...hashesOf(hanna) })).toEqual([]);
    expect(await found({ ...rawOf(ivan), ...hashesOf(ivan) })).toEqual(ofIvan);
  });

  it('in one application is not erased in another', async () => {
    const jane = personOf('jane', '23.99.88.82');
    await passes(jane);
    const before = await found(hashesOf(jane));
    await world.tellErased(jane.vendorData, world.otherApplication.id);
    await world.settled();
    expect(await found(hashesOf(jane))).toEqual(before);
  });
});

describe('a session that is deleted', () => {
  const rows = async (sessionId: string) => {
    const { rows } = await sql<{ count: number }>`
      SELECT count(*) AS count FROM assessments WHERE session_id = ${sessionId}`.execute(
      world.context.database.db,
    );
    return rows[0]?.count;
  };

  it('takes its assessments along, and what is on its way is not kept', async () => {
    const kim = personOf('kim', '23.99.88.83');
    await passes(kim);
    expect(await rows(kim.sessionId)).toBe(3);
    await world.tellDeleted(kim.sessionId);
    await world.settled();
    expect(await rows(kim.sessionId)).toBe(0);

    const session = { sessionId: kim.sessionId, vendorData: kim.vendorData };
    const late = await world.assess({
      session,
      observation: { ipAddress: kim.ipAddress, device: kim.device },
    });
    expect(late.assessmentId).not.toBe('');
    expect(await rows(kim.sessionId)).toBe(0);
    expect(await found({ address: [kim.ipAddress] })).toEqual([]);
  });

  it('takes along what was written down in the same moment', async () => {
    const lou = personOf('lou', '23.99.88.84');
    await passes(lou);
    await sql`INSERT INTO erased_sessions (session_id) VALUES (${lou.sessionId})`.execute(
      world.context.database.db,
    );
    await eraseAll(world.context);
    expect(await rows(lou.sessionId)).toBe(0);
  });
});

describe('events', () => {
  const known = async () => {
    const dump = await world.dump();
    return [dump.get('known_devices'), dump.get('known_networks')].join('\n');
  };

  it('that come twice, under one id or another, teach once', async () => {
    const mia = personOf('mia', '23.99.88.85');
    await passes(mia);
    const once = await known();
    expect(once).toContain('browser');
    const { sessionId, vendorData } = mia;
    const id = await world.tell({ sessionId, vendorData });
    await world.tell({ sessionId, vendorData }, id);
    await world.settled();
    expect(await known()).toBe(once);
  });

  it('a selfie that is declined after all makes its device unknown again', async () => {
    const noa = personOf('noa', '23.99.88.86');
    await passes(noa);
    const { sessionId, vendorData, ipAddress, device } = noa;
    const seen = async () =>
      (await world.assess({ session: { vendorData }, observation: { ipAddress, device } })).device?.isKnown;
    expect(await seen()).toBe(true);
    await world.tell({ sessionId, vendorData, status: 'Declined', previousStatus: 'Approved', sequence: 4n });
    await waitFor('the device to be unknown', async () => (await seen()) === false);
  });
});
