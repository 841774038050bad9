import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Company, openCompany } from '../harness/applications.ts';
import { openStage, type Stage } from '../reuse/stage.ts';
import { percentile } from './percentiles.ts';
import { type Bare, measureBare } from './share/bare.ts';

/**
 * `pnpm bench:share`: consents, shares and imports through the public API of the whole system at a steady rate, beside what
 * the cryptography and the commits of each take by themselves in the same run. The sessions are copies of one that was
 * approved; the load comes from this process, on the same cores.
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, rate: { type: 'string', default: '50' } },
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);
/** Writes that one API key may make in a minute, with room. */
const keyPerMinute = 250;

interface Phase {
  readonly name: 'consent declared' | 'share' | 'import';
  readonly latenciesMs: number[];
  readonly failed: number;
  /** Transactions of the whole system for each, those of the background left out. */
  readonly commits: number;
}

const stage = await openStage();
const others: Company[] = [];
try {
  console.log('preparing');
  const keys = Math.ceil((rate * 60) / keyPerMinute);
  const [banks, lenders] = [await companies(stage, 'demo', keys), await companies(stage, 'partner_b', keys)];
  const sessions = await copies(stage, rate * seconds);
  const background = await commitsIn(stage, () => pause(5_000)).then(({ commits }) => commits / 5);
  const tokens = new Map<string, string>();

  const consents = await run('consent declared', sessions, background, (session, turn) =>
    of(banks, turn).api.post(`/v3/session/${session}/consents/`, {
      audience: 'partner_b',
      purpose: 'lending',
      captured: { at: new Date().toISOString(), method: 'checkbox', text: 'I agree.', text_version: '1' },
    }),
  );
  const shares = await run('share', sessions, background, async (session, turn) => {
    const answer = await of(banks, turn).api.post(`/v3/session/${session}/share/`, {
      audience: 'partner_b',
      purpose: 'lending',
    });
    tokens.set(session, String(answer.body.share_token));
    return answer;
  });
  const imports = await run('import', sessions, background, (session, turn) =>
    of(lenders, turn).api.post('/v3/session/import-shared/', {
      share_token: tokens.get(session),
      workflow_id: stage.signIn,
      vendor_data: session,
      trust_review: true,
    }),
  );
  console.log('the cryptography and the commits by themselves');
  print([consents, shares, imports], await measureBare(stage.system.databaseUrl));
} finally {
  for (const company of others) await company.close();
  await stage.close();
}

async function companies(on: Stage, slug: string, count: number): Promise<Company[]> {
  const opened: Company[] = [];
  for (let index = 0; index < count; index += 1)
    opened.push(await openCompany(on.system, slug, { listens: false }));
  others.push(...opened);
  return opened;
}

function of<Item>(items: readonly Item[], turn: number): Item {
  const item = items[turn % items.length];
  if (item === undefined) throw new Error('nothing to take turns');
  return item;
}

/** One person is verified, the others are copies of their session. */
async function copies(on: Stage, count: number): Promise<string[]> {
  const { sessionId } = await on.verified('img/p01_1.jpg');
  const rows = await on.system.query(
    `INSERT INTO session.sessions
     SELECT (jsonb_populate_record(s, jsonb_build_object(
       'id', gen_random_uuid(), 'session_number', 1000000 + n, 'vendor_data', 'bench-' || n,
       'token_sha256', '\\x' || encode(sha256((n || random()::text)::bytea), 'hex')))).*
     FROM session.sessions s, generate_series(1, $2::int) AS n WHERE s.id = $1
     RETURNING id`,
    [sessionId, count],
  );
  return rows.map(({ id }) => String(id));
}

/** Open loop: each begins at its time, whatever became of the one before. */
async function run(
  name: Phase['name'],
  sessions: readonly string[],
  background: number,
  call: (session: string, turn: number) => Promise<{ status: number; body: unknown }>,
): Promise<Phase> {
  console.log(`${name}: ${rate} a second for ${seconds} s`);
  const latenciesMs: number[] = [];
  const refused = new Map<string, number>();
  const { commits, elapsedSeconds } = await commitsIn(stage, async () => {
    const startedAt = performance.now();
    await Promise.all(
      sessions.map(async (session, turn) => {
        await pause(Math.max(0, startedAt + (turn * 1000) / rate - performance.now()));
        const sentAt = performance.now();
        const { status, body } = await call(session, turn);
        latenciesMs.push(performance.now() - sentAt);
        if (status >= 300) {
          const why = `${status} ${JSON.stringify(body).slice(0, 120)}`;
          refused.set(why, (refused.get(why) ?? 0) + 1);
        }
      }),
    );
  });
  for (const [why, count] of refused) console.log(`  ${count} refused: ${why}`);
  const failed = [...refused.values()].reduce((sum, count) => sum + count, 0);
  return {
    name,
    latenciesMs,
    failed,
    commits: Math.max(0, commits - background * elapsedSeconds) / sessions.length,
  };
}

async function commitsIn(
  on: Stage,
  work: () => Promise<unknown>,
): Promise<{ commits: number; elapsedSeconds: number }> {
  const count = async () => {
    const [row] = await on.system.query(
      `SELECT pg_stat_clear_snapshot(), xact_commit::int AS count FROM pg_stat_database WHERE datname = current_database()`,
    );
    return Number(row?.count);
  };
  const before = await count();
  const startedAt = performance.now();
  await work();
  // Sessions of Postgres report what they have done with a second's delay.
  await pause(1_500);
  return { commits: (await count()) - before, elapsedSeconds: (performance.now() - startedAt) / 1000 };
}

function print(phases: readonly Phase[], bare: Bare): void {
  const ms = (value: number) => value.toFixed(1);
  console.log(`\nanswer after, at ${rate} a second`);
  console.table(
    phases.map(({ name, latenciesMs, failed, commits }) => {
      // A head for each log that is written; a consent is signed besides.
      const crypto = {
        'consent declared': 2 * bare.signMs,
        share: bare.mintMs + bare.signMs,
        import: bare.openMs + 2 * bare.signMs,
      }[name];
      return {
        what: name,
        answered: `${latenciesMs.length - failed}/${latenciesMs.length}`,
        'p50 ms': ms(percentile(latenciesMs, 50)),
        'p99 ms': ms(percentile(latenciesMs, 99)),
        'bare crypto ms': ms(crypto),
        transactions: commits.toFixed(1),
        'bare commits ms': ms(commits * bare.commitMs),
      };
    }),
  );
  console.log(
    `one bare commit of 4 kB: ${bare.commitMs.toFixed(2)} ms; transactions include reads and those after the answer`,
  );
}
