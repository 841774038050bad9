import { expect, test } from 'vitest';
import type { WorkflowDefinition } from './domain/workflow.ts';
import type { ToldAttempt, ToldRow } from './outbound/story-store.ts';
import { tellLooks } from './story-looks.ts';

const start = Date.parse('2026-11-21T10:00:00Z');
const at = (ms: number) => new Date(start + ms);
const ids = ['01a20097-0000-7000-8000-000000000001', '01a20097-0000-7000-8000-000000000002'] as const;
const step = (feature: string) => ({ feature, node_id: `feature_${feature.toLowerCase()}_1`, config: {} });

/** A session of a workflow of these steps, as far as its looks are concerned. */
function session(
  row: Partial<ToldRow>,
  features: readonly string[] = ['LIVENESS'],
  limits: Record<string, unknown> = {},
): ToldRow {
  const steps = features.map((feature) => ({ ...step(feature), config: limits }));
  const adaptive = { enabled: false, rules: [] };
  const definition = { steps, adaptive } as unknown as WorkflowDefinition;
  const base = {
    definition,
    session_type: 'HOSTED',
    status: 'In Progress',
    reports: null,
    attempts: [...ids],
  };
  return { ...base, ...row } as ToldRow;
}
const attempt = (id: string, ms: number, more: Partial<ToldAttempt> = {}): ToldAttempt => ({
  attempt_id: id,
  granted_at: at(ms),
  method: 'PASSIVE',
  judged_at: null,
  verdict: null,
  evidence: null,
  ...more,
});

test('a picture that would not do is told, and is no problem: its user was asked for another', () => {
  const told = tellLooks(session({}), [attempt(ids[0], 0), attempt(ids[1], 5_000)], at(120_000));
  expect(told.map(({ problem }) => problem)).toEqual([undefined, undefined]);
  for (const { lines } of told)
    expect(lines?.join()).toMatch(/its picture would not do .+ asked for another, or the upload broke off/);
});

test('an attempt that runs is waited for', () => {
  const told = tellLooks(session({ attempts: [ids[0]] }), [attempt(ids[0], 0)], at(2_000));
  expect(told.map(({ text }) => text)).toEqual([
    expect.stringMatching(/granted, PASSIVE, no evidence so far$/),
  ]);
});

test('the last attempt is judged whatever it shows, so that one without a verdict is a problem', () => {
  const row = session({}, ['LIVENESS'], { face_liveness_max_attempts: 2 });
  const told = tellLooks(row, [attempt(ids[0], 0), attempt(ids[1], 5_000)], at(120_000));
  expect(told.map(({ problem }) => problem)).toEqual([
    undefined,
    expect.stringContaining('was the last one and was never judged'),
  ]);
});

test('a risk that the workflow does not weigh is told with that', () => {
  const judged = { judged_at: at(60), verdict: 'Approved', evidence: { assessment: { riskScore: 78.7 } } };
  const lines = (features: readonly string[]) =>
    tellLooks(
      session({ status: 'Approved', attempts: [ids[0]] }, features),
      [attempt(ids[0], 0, judged)],
      at(90),
    )
      .flatMap((entry) => entry.lines ?? [])
      .join();
  expect(lines(['LIVENESS'])).toMatch(/risk 78.7,.*no part in this verdict: the workflow has no IP_ANALYSIS/);
  expect(lines(['LIVENESS', 'IP_ANALYSIS'])).not.toContain('no part in this verdict');
});

test('that the user agreed before there was a picture stands with the first attempt', () => {
  const [first, second] = tellLooks(session({}), [attempt(ids[0], 0), attempt(ids[1], 5_000)], at(9_000));
  expect(first?.lines?.join()).toContain('before its user has agreed');
  expect(second?.lines?.join()).not.toContain('agreed');
});
