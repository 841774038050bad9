import { expect, it } from 'vitest';
import { checkQueries, findPrometheus } from './query-check.ts';

const tools = findPrometheus();

// Left out where Prometheus is not installed and cannot be (Debian: apt-get install prometheus).
it.skipIf(tools === undefined)(
  'every query of every dashboard and alert returns data from a system in which everything happens',
  async () => {
    if (tools === undefined) return;
    const { findings, exemplars } = await checkQueries(tools);
    expect(findings.filter(({ problem }) => problem !== undefined)).toEqual([]);
    expect(findings.length).toBeGreaterThan(250);
    expect(exemplars).toBeGreaterThan(0);
  },
  180_000,
);
