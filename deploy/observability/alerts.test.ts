import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { findTool, prometheusServer } from '../local/tools.ts';
import { alertCases, type Case, type Series } from './alert-cases.ts';
import { alerts, ruleOf } from './alerts.ts';
import { localConfiguration } from './prometheus.ts';
import { ofNamespace } from './promql.ts';

const promtool = findTool(...prometheusServer.names) && findTool('promtool');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'selfsame-alerts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('each alert has a name of its own, and a day on which it fires', () => {
  const names = alerts.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(alertCases).toSorted()).toEqual(names.toSorted());
});

// promtool comes with Prometheus (Debian: apt-get install prometheus).
describe.skipIf(promtool === undefined)('alerts in a real Prometheus', () => {
  it.concurrent.each(alerts.map(({ name }) => name))(
    '%s fires, and not on an ordinary day',
    async (name) => {
      const alert = alerts.find((one) => one.name === name);
      const given = alertCases[name];
      if (alert === undefined || given === undefined) throw new Error(`no case for ${name}`);
      const rules = join(folder, `${name}.rules.yaml`);
      const tests = join(folder, `${name}.tests.yaml`);
      writeFileSync(rules, stringify({ groups: [{ name, rules: [ruleOf(alert, 'runbooks')] }] }));
      const { everyMinutes = 1 } = given;
      const days = [
        dayOf(given, given.fires, [[firing(name), 1]]),
        // Quiet because all is well, and not because nothing is read.
        dayOf(given, given.quiet, [
          [firing(name), 0],
          ...alert.when.reads.map((one) => [some(one), 1] as const),
        ]),
        ...(given.few === undefined ? [] : [dayOf(given, given.few, [[firing(name), 0]])]),
      ];
      writeFileSync(
        tests,
        stringify({ rule_files: [rules], evaluation_interval: `${everyMinutes}m`, tests: days }),
      );
      const { stdout } = await run(String(promtool), ['test', 'rules', tests]);
      expect(stdout).toContain('SUCCESS');
    },
    90_000,
  );

  it('of one namespace are neither rung nor hidden by another installation of the cluster', async () => {
    const rules = join(folder, 'namespace.rules.yaml');
    const tests = join(folder, 'namespace.tests.yaml');
    const chosen = alerts
      .filter(({ name }) => name === 'ServiceAbsent' || name === 'ApiErrorsFast')
      .map((alert) => ruleOf(alert, 'runbooks'))
      .map((rule) => ({ ...rule, expr: ofNamespace(String(rule.expr), 'production') }));
    writeFileSync(rules, stringify({ groups: [{ name: 'chosen', rules: chosen }] }));
    const elsewhere = (series: Series = {}): Series =>
      Object.fromEntries(
        Object.entries(series).map(([name, values]) => [name.replace('{', '{namespace="staging",'), values]),
      );
    const day = dayOf(
      { fires: {}, quiet: {} },
      { ...elsewhere(alertCases.ServiceAbsent?.quiet), ...elsewhere(alertCases.ApiErrorsFast?.fires) },
      [
        [firing('ServiceAbsent'), 1],
        [firing('ApiErrorsFast'), 0],
      ],
    );
    writeFileSync(tests, stringify({ rule_files: [rules], evaluation_interval: '1m', tests: [day] }));
    const { stdout } = await run(String(promtool), ['test', 'rules', tests]);
    expect(stdout).toContain('SUCCESS');
  });

  it('takes the rules and both configurations', async () => {
    const targets = { session: '127.0.0.1:8081' };
    const local = localConfiguration({ targets, rulesFile: 'alerts.yaml', scrapeIntervalSeconds: 5 });
    // Debian's leaves out discovery on Kubernetes.
    const kubernetes = parse(readFileSync(join(import.meta.dirname, 'prometheus.yml'), 'utf8'));
    for (const job of kubernetes.scrape_configs) delete job.kubernetes_sd_configs;
    for (const [file, text] of Object.entries({ local, kubernetes: stringify(kubernetes) })) {
      writeFileSync(join(folder, file), text);
      await run(String(promtool), ['check', 'config', '--syntax-only', join(folder, file)]);
    }
    await run(String(promtool), ['check', 'rules', join(import.meta.dirname, 'alerts.yaml')]);
  });
});

/** 1 where an expression answers with anything, else 0. */
const some = (expression: string) => `(count(${expression}) or vector(0)) > bool 0`;
const firing = (name: string) => some(`ALERTS{alertname="${name}",alertstate="firing"}`);

/** One test of promtool: what expressions are at the end of a day. */
function dayOf(
  { everyMinutes = 1, steps = 90 }: Case,
  series: Series,
  expected: readonly (readonly [expression: string, value: number])[],
): unknown {
  return {
    interval: `${everyMinutes}m`,
    input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
    promql_expr_test: expected.map(([expr, value]) => ({
      expr,
      eval_time: `${everyMinutes * steps}m`,
      exp_samples: [{ labels: '{}', value }],
    })),
  };
}
