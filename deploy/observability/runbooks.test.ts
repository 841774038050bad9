import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../local/run.ts';
import { serviceNames } from '../local/topology.ts';
import { alerts } from './alerts.ts';
import { readRunbooks, runbooksDirectory } from './runbooks.ts';

const runbooks = readRunbooks();
const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
/** Namespace, workloads and servers as deploy/kubernetes names them. */
const workloads = new Set(serviceNames.map((name) => `${name}-server`));
const sections = ['**What users see.**', '## First look', '## Likely causes', '## Remedy', '## Over when'];

it('each alert has a runbook, and each runbook an alert', () => {
  expect(runbooks.map(({ name }) => name).toSorted()).toEqual(alerts.map(({ name }) => name).toSorted());
});

describe.each(runbooks)('the runbook of $name', ({ name, text, queries, commands }) => {
  it('says all that somebody woken by it needs', () => {
    expect(text.startsWith(`# ${name}\n`)).toBe(true);
    for (const section of sections) expect(text).toContain(section);
    expect(queries.length).toBeGreaterThan(0);
    expect(commands.length).toBeGreaterThan(0);
  });

  it('names only what there is: scripts, workloads, pages', () => {
    for (const [, script = ''] of text.matchAll(/pnpm ([\w:-]+)/g))
      expect(Object.keys(scripts)).toContain(script);
    for (const [, workload = ''] of text.matchAll(/deployment\/([\w-]+)/g))
      expect(workloads).toContain(workload);
    for (const [, page = ''] of text.matchAll(/\]\(([^)#]+)/g)) {
      expect(existsSync(join(runbooksDirectory, page)), page).toBe(true);
    }
    for (const [, variable = ''] of text.matchAll(/`([A-Z][A-Z]+(?:_[A-Z]+)+)`/g)) {
      expect(settings, variable).toContain(variable);
    }
  });
});

/** Where operators read which settings there are. */
const settings = readFileSync(join(repository, 'docs/run.md'), 'utf8');
