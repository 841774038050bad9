import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { alertGroups, ruleOf } from './alerts.ts';
import { buildDashboard } from './dashboard.ts';
import { dashboards } from './dashboards.ts';

/** What runbook addresses begin with, unless RUNBOOKS_URL says where your people read them. */
const runbooksHere = 'docs/runbooks';

/** Every rendered file: its path in this folder, its text. */
export function renderAll(runbooks = runbooksHere): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const spec of dashboards) {
    files.set(`grafana/dashboards/${spec.name}.json`, `${JSON.stringify(buildDashboard(spec), null, 2)}\n`);
  }
  const groups = Object.entries(alertGroups).map(([name, alerts]) => ({
    name,
    rules: alerts.map((alert) => ruleOf(alert, runbooks)),
  }));
  const head = '# Made from deploy/observability/alerts by "pnpm observe:render".\n';
  files.set('alerts.yaml', head + stringify({ groups }, { lineWidth: 110 }));
  return files;
}

/** A rendered file as it lies here. */
export function readRendered(path: string): string {
  return readFileSync(join(import.meta.dirname, path), 'utf8');
}

if (import.meta.main) {
  for (const [path, text] of renderAll(process.env.RUNBOOKS_URL)) {
    const file = join(import.meta.dirname, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
