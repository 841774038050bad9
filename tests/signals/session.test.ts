import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assetsDirectory } from '@selfsame/testing/assets';
import { hasChromium } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue, signalById } from '../../services/fraud-signals/src/domain/catalogue.ts';
import { type FactName, type FactValue, isFactName } from '../../services/fraud-signals/src/domain/facts.ts';
import { someone, startWorld, type World } from '../harness/world.ts';
import { openVisitors, type Visitors } from '../journeys/visitors.ts';

/** In the sample databases: an ordinary line in Sweden. */
const address = '89.160.20.112';
/** Browsers that a test drives are found to be driven: without a rule about that they are asked for a picture, as others are. */
const rules = [{ name: 'everybody', logic: 'and', rules: [], action: 'PASSIVE' }];
const wanted = 200;
const assessmentCli = fileURLToPath(
  new URL('../../services/fraud-signals/src/cli/assessment.ts', import.meta.url),
);

describe.skipIf(!hasChromium)('an ordinary session in Chromium, with databases of addresses', () => {
  let world: World;
  let visitors: Visitors;
  let ipData: string;

  beforeAll(async () => {
    ipData = await mkdtemp(join(tmpdir(), 'selfsame-ipdata-'));
    for (const part of ['mmdb', 'lists']) {
      await cp(join(assetsDirectory(), 'ipdata', part), join(ipData, part), { recursive: true });
    }
    world = await startWorld({ SIGNALS_IP_DATA: ipData });
    visitors = await openVisitors('genuine_p01');
  }, 120_000);

  afterAll(async () => {
    await visitors?.close();
    await world?.stop();
    await rm(ipData, { recursive: true, force: true });
  }, 60_000);

  /** Somebody who is enrolled shows their face; a proxy in front of capture says where they are. */
  async function decided(): Promise<{ sessionId: string; decision: Decision }> {
    const vendorData = someone();
    await world.enrol(vendorData, 'img/p01_1.jpg');
    const session = await world.createSession({
      workflow_id: 'wf_adaptive',
      vendor_data: vendorData,
      adaptive: { rules },
    });
    const visitor = await visitors.arrive('about:blank', {
      extraHTTPHeaders: { 'x-forwarded-for': address },
    });
    const origin = `http://127.0.0.1:${world.system.ports.capture.http}`;
    await visitor.page.goto(`${origin}${new URL(session.session_url).pathname}`);
    await visitor.press(/agree/i);
    const { body } = await waitFor(
      'a verdict',
      () => world.webhooks(session.session_id).find((one) => ends.includes(one.body.status)),
      { timeoutMs: 60_000 },
    );
    await visitor.context.close();
    return { sessionId: session.session_id, decision: body.decision };
  }

  it(`evaluates ${wanted} signals and more, says so in its verdict, and can be replayed`, async () => {
    const { sessionId, decision } = await decided();
    const [block] = decision.ip_analyses;
    expect(block).toMatchObject({ ip_address: address, ip_country_code: 'SE' });

    const record = await waitFor('its record', async () => {
      const rows = await world.system.query(
        `SELECT id, facts, counts, failures FROM fraud_signals.assessments
         WHERE session_id = $1 AND phase = 'CAPTURE' ORDER BY assessed_at DESC LIMIT 1`,
        [sessionId],
      );
      return rows[0];
    });
    const { id, facts, counts, failures } = record as unknown as Kept;
    expect(failures).toEqual([]);
    expect(block?.signals_evaluated).toEqual(counts);
    const states = statesOf(facts);
    console.log(`${states.value.length} signals have a value:\n${states.value.join(' ')}`);
    expect(states.value).toHaveLength(counts.value);
    expect(states.unavailable).toHaveLength(counts.unavailable);
    expect(states.value.length).toBeGreaterThanOrEqual(wanted);
    const areas = new Set(states.value.map((one) => signalById.get(one)?.reads[0]?.split('.')[0]));
    expect([...areas]).toEqual(
      expect.arrayContaining(['net', 'http', 'page', 'look', 'history', 'lists', 'session', 'opening']),
    );

    const { code, output } = await run([assessmentCli, 'replay', id], {
      DATABASE_URL: world.system.databaseUrl,
    });
    expect(code, output).toBe(0);
    expect(output).toContain('the same result, with the same signals and weights');
  }, 120_000);
});

const ends = ['Approved', 'In Review', 'Declined'];

interface Decision {
  readonly ip_analyses: readonly Record<string, unknown>[];
}

/** What is on record of an assessment. */
interface Kept {
  readonly id: string;
  readonly facts: Readonly<Record<string, FactValue | null>>;
  readonly counts: { readonly value: number; readonly absent: number; readonly unavailable: number };
  readonly failures: readonly string[];
}

/** Ids of signals by what they say of these facts. */
function statesOf(kept: Kept['facts']): Record<'value' | 'absent' | 'unavailable', string[]> {
  const facts = new Map<FactName, FactValue | null>();
  for (const [name, value] of Object.entries(kept)) if (isFactName(name)) facts.set(name, value);
  const states = { value: [] as string[], absent: [] as string[], unavailable: [] as string[] };
  for (const signal of catalogue) states[signal.read(facts).state].push(signal.id);
  return states;
}

function run(
  args: string[],
  environment: Record<string, string>,
): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...process.env, ...environment } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, output: stdout + stderr });
    });
  });
}
