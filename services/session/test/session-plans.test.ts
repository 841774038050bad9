import { CompiledQuery, type Kysely, type QueryId } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readPage, readSessionFilter } from '../src/domain/session-filter.ts';
import { countOpenSessions } from '../src/outbound/open-session-store.ts';
import { findReusableSession } from '../src/outbound/session-creation-store.ts';
import { listSessions } from '../src/outbound/session-search.ts';
import { findLastVerdict, findSession, findSessionByToken } from '../src/outbound/session-store.ts';
import type { Tables } from '../src/outbound/tables.ts';
import type { World } from './harness.ts';
import { openWorld } from './harness.ts';
import { fillSessions } from './many-sessions.ts';

const applications = 8;
const count = 20_000;

let world: World;
let db: Kysely<Tables>;
let statements: CompiledQuery[] = [];
let applicationId: string;

beforeAll(async () => {
  world = await openWorld();
  // Of parts of a statement, too, there are queries; only the statement has a result.
  const compiled = new WeakMap<QueryId, CompiledQuery>();
  db = world.context.database.db.withPlugin({
    transformQuery({ node, queryId }) {
      compiled.set(queryId, world.context.database.db.getExecutor().compileQuery(node, queryId));
      return node;
    },
    async transformResult({ result, queryId }) {
      const statement = compiled.get(queryId);
      if (statement) statements.push(statement);
      return result;
    },
  });
  const model = await world.demo.create({ workflow_id: 'wf_liveness', vendor_data: 'model' });
  await world.look(model);
  await world.announced(model.session_id, 'Approved');
  const others = [];
  for (let index = 1; index < applications; index += 1) {
    others.push((await world.client(`tenant_${index}`)).applicationId);
  }
  applicationId = others[0] ?? '';
  const applicationIds = [world.demo.applicationId, ...others];
  await fillSessions(run, { count, modelId: model.session_id, applicationIds });
});
afterAll(() => world.close());

async function run<Row = Record<string, unknown>>(
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const { rows } = await world.context.database.db.executeQuery<Row>(CompiledQuery.raw(sql, [...values]));
  return rows;
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Scan Direction'?: string;
  readonly Plans?: readonly Plan[];
}

const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** How PostgreSQL would answer everything that `ask` asks of the tables that grow. */
async function accesses(ask: () => Promise<unknown>): Promise<string[]> {
  const found = await scans(ask);
  return found.map((node) => `${node['Node Type']} of ${node['Relation Name']}`);
}

async function scans(ask: () => Promise<unknown>): Promise<Plan[]> {
  statements = [];
  await ask();
  const asked = statements;
  const plans = await Promise.all(
    asked.map(({ sql, parameters }) =>
      run<{ 'QUERY PLAN': { Plan: Plan }[] }>(`EXPLAIN (FORMAT JSON) ${sql}`, parameters),
    ),
  );
  return plans
    .flatMap((rows) => rows.flatMap((row) => row['QUERY PLAN'].flatMap((each) => nodes(each.Plan))))
    .filter((node) => ['sessions', 'attempts'].includes(node['Relation Name'] ?? ''));
}

const list = (query: Record<string, string>) => {
  const read = readSessionFilter(query);
  if ('errors' in read) throw new Error('a bad query');
  const filter = { ...read.filter, workflowIds: read.filter.workflows };
  return listSessions(db, applicationId, filter, readPage(query));
};

const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);

it.each<[string, Record<string, string>]>([
  ['the newest', {}],
  ['a page far down', { offset: '900' }],
  ['a status', { status: 'In Review' }],
  ['two statuses', { status: 'In Review,Declined' }],
  ['a person', { vendor_data: 'person-17' }],
  ['a day', { date_from: day(30), date_to: day(30) }],
  ['recorded calls', { session_type: 'API' }],
  ['a warning', { warning: 'LIVENESS_FACE_ATTACK' }],
  ['a number', { search: '117' }],
  ['an e-mail address', { search: 'SomeOne11' }],
  ['a name', { search: 'name12' }],
  ['a full name', { search: 'Name12 fam' }],
])('a list of sessions by %s is found by indexes', async (_, query) => {
  const found = await accesses(() => list(query));
  expect(found.filter((access) => access.startsWith('Seq Scan'))).toEqual([]);
  expect(found.length).toBeGreaterThan(0);
});

it.each<[string, Record<string, string>]>([
  ['a day', { date_from: day(30), date_to: day(30) }],
  ['a month that is over', { date_from: day(60), date_to: day(30) }],
  ['a warning', { warning: 'LIVENESS_FACE_ATTACK' }],
  ['an e-mail address', { search: 'someone11' }],
  ['a name', { search: 'name12' }],
])('a page of sessions by %s is not looked for from the newest session on', async (_, query) => {
  const found = await scans(() => list({ ...query, limit: '1' }));
  const walks = found.filter((scan) => scan['Scan Direction'] === 'Backward');
  expect(walks.filter((scan) => !scan['Index Cond']?.includes('session_number'))).toEqual([]);
  expect(found.length).toBeGreaterThan(0);
});

it('which sessions are of a day is read in an index alone', async () => {
  const found = await scans(() => list({ date_from: day(30), date_to: day(30) }));
  const matching = found.filter((scan) => scan['Index Name'] === 'sessions_by_time');
  expect(matching.map((scan) => scan['Node Type'])).toEqual(['Index Only Scan']);
});

it('counts and pages of what matches are those of all that match', async () => {
  const conditions: [Record<string, string>, string][] = [
    [{ date_from: day(60), date_to: day(30) }, `created_at >= '${day(60)}Z' AND created_at < '${day(29)}Z'`],
    [{ warning: 'OTHER,LIVENESS_FACE_ATTACK' }, `reports::text LIKE '%LIVENESS_FACE_ATTACK%'`],
    [{ search: 'SomeOne1' }, `contact_details ->> 'email' LIKE 'someone1%'`],
  ];
  for (const [query, condition] of conditions) {
    const rows = await run<{ id: string }>(
      `SELECT id FROM sessions WHERE application_id = $1 AND deleted_at IS NULL AND ${condition}
       ORDER BY session_number DESC`,
      [applicationId],
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const offset of [0, 4, rows.length - 2, rows.length]) {
      const { count: counted, sessions } = await list({ ...query, limit: '5', offset: String(offset) });
      expect(counted).toBe(rows.length);
      expect(sessions.map(({ id }) => id)).toEqual(rows.slice(offset, offset + 5).map(({ id }) => id));
    }
  }
});

it('what a creation, a look and a decision read is found by indexes', async () => {
  const { sessions } = await list({ limit: '1', status: 'Approved' });
  const [session] = sessions;
  if (session === undefined) throw new Error('no session');
  const wanted = { applicationId, vendorData: 'person-17', definitionId: session.workflow.versionId ?? '' };
  const found = await accesses(async () => {
    await findSession(db, applicationId, session.id);
    await findSessionByToken(db, Buffer.alloc(32));
    await findReusableSession(db, wanted, new Date(), () => true);
    await findLastVerdict(db, { ...session, vendorData: 'person-17' });
    await countOpenSessions(db);
  });
  expect(found.filter((access) => access.startsWith('Seq Scan'))).toEqual([]);
});

it('counts and pages are those of a list that is read from its beginning', async () => {
  const all = await run<{ id: string }>(
    'SELECT id FROM sessions WHERE application_id = $1 AND deleted_at IS NULL ORDER BY session_number DESC',
    [applicationId],
  );
  const ids = all.map(({ id }) => id);
  // Some in the middle, and the oldest.
  const gone = ids.filter((_, index) => index % 7 === 3 || index > ids.length - 50);
  await run('UPDATE sessions SET deleted_at = now() WHERE id = ANY ($1)', [gone]);
  const living = ids.filter((id) => !gone.includes(id));
  for (const offset of [0, 1, 5, 100, living.length - 2, living.length, living.length + 1_000]) {
    const { count: counted, sessions } = await list({ limit: '5', offset: String(offset) });
    expect(counted).toBe(living.length);
    expect(sessions.map(({ id }) => id)).toEqual(living.slice(offset, offset + 5));
  }
  const numbered = await list({ search: '11', limit: '100' });
  const rows = await run<{ id: string }>(
    `SELECT id FROM sessions WHERE application_id = $1 AND deleted_at IS NULL AND session_number::text LIKE '11%'
     ORDER BY session_number DESC`,
    [applicationId],
  );
  expect(numbered.sessions.map(({ id }) => id)).toEqual(rows.slice(0, 100).map(({ id }) => id));
  expect(numbered.count).toBe(rows.length);
});
