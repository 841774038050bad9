import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { capacity } from './command.ts';
import { figuresText } from './figures.ts';
import { guideFile, written } from './guide.ts';
import { measured, production } from './measured.ts';
import { needsOf } from './plan.ts';

const guide = readFileSync(guideFile, 'utf8');

test('the tables of docs/capacity.md are those of measured.ts and of the commands above them', () => {
  expect(written(guide), 'run "pnpm capacity --write"').toBe(guide);
  expect(guide.match(/```sh\npnpm capacity.*\n```\n\n\|/g)?.length).toBeGreaterThanOrEqual(2);
  for (const [part, ms] of Object.entries(measured.visitMs)) {
    expect(guide).toMatch(new RegExp(`^\\| ${part} +\\| ${ms} `, 'm'));
  }
});

test('a table that says something else is written anew, and so is one that is missing', () => {
  const altered = guide
    .replace(/\| biometrics +\| \d+ /, '| biometrics | 1 ')
    .replace(/\| \*\*cores in all\*\*.*\n/g, '');
  expect(altered).not.toBe(guide);
  expect(written(altered)).toBe(guide);
});

const assumed = {
  coreHour: 0.04,
  gbMonth: 0.1,
  gpuHour: 2.5,
  gpuLooks: undefined,
  utilisation: 0.5,
  days: 1,
};

test('cores follow the rate, and no part runs on less than production has', () => {
  const [few, many] = [1, 1_000].map((rate) => needsOf(rate, measured, production, assumed));
  expect(few?.cores).toEqual(production.leastCores);
  expect(many?.cores.session).toBeCloseTo((1_000 * measured.visitMs.session) / 1000 / 0.5);
  expect(many?.cores.postgres).toBeCloseTo((3 * 1_000 * measured.visitMs.postgres) / 1000 / 0.5);
  expect(many?.perMillion).toBeLessThan(few?.perMillion ?? 0);
  expect(many?.storedGb).toBeCloseTo((1_000 * measured.storedBytes * 86_400) / 1e9);
});

test('what is stored is paid for on each server that holds it', () => {
  const free = { ...assumed, coreHour: 0 };
  const once = needsOf(1, measured, { ...production, copies: {} }, free);
  const thrice = needsOf(1, measured, production, free);
  expect(thrice.perMillion).toBeCloseTo(3 * once.perMillion);
});

test('with a GPU looks leave the cores', () => {
  const without = needsOf(1_000, measured, production, assumed);
  const needs = needsOf(1_000, measured, production, { ...assumed, gpuLooks: 500 });
  expect(needs.gpus).toBe(4);
  expect(needs.allCores).toBeLessThan(without.allCores);
});

test('a mistake on the command line is told', () => {
  expect(() => capacity(['--rate', 'many'])).toThrow(/--rate is a number above 0, not many/);
  expect(() => capacity(['--utilisation', '2'])).toThrow(/at most 1/);
});

test('what a run found is told as it stands in measured.ts', () => {
  const visitMs = new Map<string, number>(Object.entries(measured.visitMs));
  visitMs.set('edge', measured.visitMs.gateway).delete('gateway');
  const source = readFileSync(new URL('./measured.ts', import.meta.url), 'utf8');
  for (const line of figuresText(visitMs, measured).split('\n')) expect(source).toContain(`\n${line}\n`);
});
