import { randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssessmentPhase, type AssessRequest } from '@selfsame/contracts/fraud_signals/v1/service';
import { assetsDirectory } from '@selfsame/testing/assets';
import { testNats } from '@selfsame/testing/nats';
import { startPostgresServer } from '@selfsame/testing/postgres-server';
import { Client } from 'pg';
import { migrateSignals, type SignalsProcess, startSignals } from './service-process.ts';
import { makePeople, visitOf } from './visits.ts';

/** Postgres, NATS, databases of addresses and the service, with a past. */
export interface SignalsStand {
  readonly service: SignalsProcess;
  /** A directory with sample databases and lists. */
  readonly ipData: string;
  /** The next visit of somebody who has come before: in turn the opening of a page, and a look. */
  nextVisit(): AssessRequest;
  /** Visits on record. */
  visits(): Promise<number>;
  stop(): Promise<void>;
}

const { OPENING, CAPTURE } = AssessmentPhase;
/** Sessions that are opened between the opening of one and its look: a person takes seconds. */
const othersBetween = 20;

/** @param visits of the past, at least as many as people */
export async function openStand(people: number, visits: number): Promise<SignalsStand> {
  const [postgres, nats, ipData] = await Promise.all([startPostgresServer(), testNats(), copyIpData()]);
  const environment = {
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    SIGNALS_KEY: randomBytes(32).toString('base64'),
    SIGNALS_IP_DATA: ipData,
    // Nobody is asked: what is measured needs no neighbour.
    SESSION_GRPC: '127.0.0.1:1',
    BIOMETRICS_GRPC: '127.0.0.1:1',
    LOG_LEVEL: 'info',
  };
  await migrateSignals(environment);
  const service = await startSignals(environment);
  const database = new Client({ connectionString: postgres.url });
  await database.connect();
  const applicationId = randomUUID();
  const everybody = makePeople(people);
  for (const person of everybody) {
    await service.client.assess(visitOf(person, { applicationId, sessionId: randomUUID(), phase: OPENING }));
  }
  await writePast(database, Math.floor(visits / people) - 1);
  let turn = 0;
  // The first ones were never opened: their looks warm the service up.
  const sessionIds = Array.from({ length: othersBetween }, () => randomUUID());
  return {
    service,
    ipData,
    nextVisit() {
      const phase = turn % 2 === 0 ? OPENING : CAPTURE;
      if (phase === OPENING) sessionIds.push(randomUUID());
      const at = (turn++ >> 1) - (phase === CAPTURE ? othersBetween : 0);
      const person = everybody[(at + everybody.length) % everybody.length];
      const sessionId = phase === OPENING ? sessionIds.at(-1) : sessionIds.shift();
      if (person === undefined || sessionId === undefined) throw new Error('nobody is there');
      return visitOf(person, { applicationId, sessionId, phase });
    },
    async visits() {
      const { rows } = await database.query('SELECT count(*)::int AS visits FROM fraud_signals.visits');
      return rows[0].visits;
    },
    async stop() {
      await service.stop();
      await database.end();
      await nats.stop();
      await postgres.stop();
      await rm(ipData, { recursive: true, force: true });
    },
  };
}

async function copyIpData(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'selfsame-ipdata-'));
  for (const part of ['mmdb', 'lists']) {
    await cp(join(assetsDirectory(), 'ipdata', part), join(directory, part), { recursive: true });
  }
  return directory;
}

/** Everybody's visit once more, so many times, over the last month: approved, on the same device and network. */
async function writePast(database: Client, times: number): Promise<void> {
  if (times < 1) return;
  await database.query(
    `INSERT INTO fraud_signals.visits
     SELECT (jsonb_populate_record(visit, jsonb_build_object(
       'session_id', gen_random_uuid(), 'phase', 3, 'status', 'Approved', 'is_approved', true, 'similarity', 90 + 9 * random(),
       'came_at', at, 'seen_at', at, 'decided_at', at + interval '1 minute'))).*
     FROM fraud_signals.visits visit, generate_series(1, $1) number,
       LATERAL (SELECT now() - number * interval '30 days' / $1 - random() * interval '1 hour' AS at) time`,
    [times],
  );
  await database.query(
    `INSERT INTO fraud_signals.known_devices
     SELECT DISTINCT ON (application_id, subject, device_name)
       application_id, subject, device_name, device, 'browser', session_id, came_at, came_at
     FROM fraud_signals.visits WHERE subject IS NOT NULL AND device_name IS NOT NULL ON CONFLICT DO NOTHING`,
  );
  await database.query('VACUUM ANALYZE');
}
