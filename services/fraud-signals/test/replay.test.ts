import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ApiActor } from '@selfsame/contracts/audit/v1/events';
import { apiCalled } from '@selfsame/contracts/catalog';
import { StepUpAction } from '@selfsame/contracts/fraud_signals/v1/assessment';
import { AssessmentPhase } from '@selfsame/contracts/fraud_signals/v1/service';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../src/domain/catalogue.ts';
import type { FactName, FactValue } from '../src/domain/facts.ts';
import { matchRule } from '../src/domain/rule-matching.ts';
import { readRules } from '../src/domain/rules.ts';
import { weigh } from '../src/domain/weigh.ts';
import { findAssessment } from '../src/outbound/assessment-store.ts';
import { replay } from '../src/replay.ts';
import { allFixtures } from './all-fixtures.ts';
import { digest, factsOf, openWorld, type World } from './harness.ts';

let world: World;
let id: string;
beforeAll(async () => {
  world = await openWorld();
  const session = {
    sessionId: randomUUID(),
    vendorData: 'user-1',
    facts: factsOf({ 'session.attempts': 4, 'session.since_attempt_ms': 0.1 + 0.2 }),
    rules: [
      {
        name: 'tried often',
        logic: 'and',
        conditions: [{ field: 'beh_capture_retries', operator: 'greater_than', valueJson: '3' }],
        action: StepUpAction.ACTIVE_3D,
      },
    ],
  };
  const seen = { ipAddress: '192.0.2.7', device: { keySha256: digest('key') } };
  const page = factsOf({ 'http.user_agent': 'Mozilla/5.0 “ünïcode”', 'page.languages': ['de', 'fr'] });
  await world.assess({ session, observation: { ...seen, facts: page } });
  const looked = await world.assess({
    session,
    phase: AssessmentPhase.CAPTURE,
    attemptId: randomUUID(),
    observation: { ...seen, facts: factsOf({ 'http.user_agent': 'curl/8.14.1' }) },
  });
  id = looked.assessmentId;
});
afterAll(() => world.close());

const record = async () => {
  const found = await findAssessment(world.context.database.db, id);
  if (found === null) throw new Error('nothing is on record');
  return found;
};

/** As `pnpm assessment replay` runs it. */
const run = (...args: string[]) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const script = join(import.meta.dirname, '../src/cli/assessment.ts');
    const env = { PATH: process.env.PATH, DATABASE_URL: world.postgres.url };
    execFile(process.execPath, [script, ...args], { env, encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });

describe('an assessment that is replayed', () => {
  it('comes to the same from its record alone', async () => {
    const kept = await record();
    const replayed = replay(kept);
    expect(replayed).toMatchObject({ isSame: true });
    expect(replayed?.now).toEqual(replayed?.then);
    expect(kept.reasons.map(({ signal }) => signal)).toContain('ua_changed_in_session');
    expect(kept.step_up).toMatchObject({ name: 'tried often', because: ['beh_capture_retries = 4'] });
  });

  it.each<[string, (db: World['context']['database']['db']) => Promise<unknown>]>([
    ['its score', (db) => sql`UPDATE assessments SET score = score + 0.1 WHERE id = ${id}`.execute(db)],
    ['its reasons', (db) => sql`UPDATE assessments SET reasons = reasons - 0 WHERE id = ${id}`.execute(db)],
    ['its step-up', (db) => sql`UPDATE assessments SET step_up = NULL WHERE id = ${id}`.execute(db)],
    [
      'one of its facts',
      (db) =>
        sql`UPDATE assessments SET facts = facts || '{"session.attempts": 1}' WHERE id = ${id}`.execute(db),
    ],
  ])('is not the same when %s is changed', async (_, change) => {
    const { db } = world.context.database;
    await sql`CREATE TABLE untouched AS SELECT * FROM assessments WHERE id = ${id}`.execute(db);
    await change(db);
    expect(replay(await record())).toMatchObject({ isSame: false });
    await sql`DELETE FROM assessments WHERE id = ${id}`.execute(db);
    await sql`INSERT INTO assessments SELECT * FROM untouched`.execute(db);
    await sql`DROP TABLE untouched`.execute(db);
  });

  it('is shown on the command line, whose exit code tells', async () => {
    const { db } = world.context.database;
    const same = await run('replay', id);
    expect(same.output).toContain('the same result, with the same signals and weights');
    expect(same.output).toContain('ACTIVE_3D by "tried often" because beh_capture_retries = 4');
    expect(same.code).toBe(0);
    const { rows } = await sql<{ payload: Buffer }>`
      SELECT payload FROM outbox WHERE subject = ${apiCalled.subject}`.execute(db);
    expect(
      rows.map(({ payload }) => apiCalled.codec.decode(payload)),
      'who looked is on record',
    ).toMatchObject([
      {
        actor: ApiActor.OPERATOR,
        method: 'RUN',
        path: `assessment replay ${id}`,
        applicationId: expect.any(String),
      },
    ]);

    await sql`UPDATE assessments SET score = 1, catalogue_version = 'older' WHERE id = ${id}`.execute(db);
    const other = await run('replay', id);
    expect(other.output).toContain('ANOTHER RESULT, signals or weights have changed since');
    expect(other.code).toBe(1);

    await sql`UPDATE assessments SET facts = NULL WHERE id = ${id}`.execute(db);
    const gone = await run('replay', id);
    expect(gone.output).toContain('is not kept any more');
    expect(gone.code).toBe(2);

    expect((await run('replay', randomUUID())).code).toBe(2);
    expect((await run('replay', 'x')).output).toContain('usage: assessment replay ID');
  });
});

it('a step-up never tells a value that points at a person', async () => {
  const fixtures = await allFixtures();
  const personal = catalogue.filter(({ sensitivity }) => sensitivity === 'personal');
  expect(personal).not.toEqual([]);
  for (const { id } of personal) {
    const present = fixtures.get(id)?.present;
    if (present === undefined) throw new Error(`${id} has no fixture`);
    const condition = { field: id, operator: 'is_not_empty', valueJson: '' };
    const read = readRules([{ name: 'any', logic: 'and', conditions: [condition], action: 'PASSIVE' }]);
    if ('mistakes' in read) throw new Error(read.mistakes.join(' '));
    const matched = matchRule(
      read.rules,
      weigh(new Map(Object.entries(present.facts) as [FactName, FactValue][])),
    );
    expect(matched?.because).toEqual([`${id} is as the rule says`]);
  }
});

it('the order in which facts are told changes nothing', async () => {
  const fixtures = await allFixtures();
  const everything = [...fixtures.values()].flatMap(({ present }) =>
    Object.entries(present.facts).map(
      ([name, value]) => [name as FactName, value as FactValue | null] as const,
    ),
  );
  const seen = [...new Map(everything)];
  fc.assert(
    fc.property(fc.shuffledSubarray(seen), (told) => {
      const forwards = weigh(new Map(told));
      expect(weigh(new Map(told.toReversed()))).toEqual(forwards);
      expect(weigh(new Map(JSON.parse(JSON.stringify(told))))).toEqual(forwards);
      expect(forwards.score).toBeGreaterThanOrEqual(0);
      expect(forwards.score).toBeLessThanOrEqual(100);
    }),
    { numRuns: 50 },
  );
});
