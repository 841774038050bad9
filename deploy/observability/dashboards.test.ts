import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, it } from 'vitest';
import { alerts } from './alerts.ts';
import { dashboards } from './dashboards.ts';
import { labelsIn } from './queries.ts';
import { readRendered, renderAll } from './render.ts';

/** A panel whose targets are those of Prometheus or Tempo. */
interface AskingPanel extends Omit<Panel, 'targets'> {
  targets?: { refId: string; expr?: string; query?: string; legendFormat?: string }[];
}

it('what is rendered is what lies here: pnpm observe:render', () => {
  const rendered = renderAll();
  for (const [path, text] of rendered) expect(readRendered(path), path).toBe(text);
  const names = readdirSync(join(import.meta.dirname, 'grafana/dashboards'));
  expect(names.toSorted()).toEqual(dashboards.map(({ name }) => `${name}.json`).toSorted());
});

describe.each(dashboards)('the dashboard $name', ({ name, rows }) => {
  const dashboard = JSON.parse(readRendered(`grafana/dashboards/${name}.json`)) as Dashboard;
  const all = dashboard.panels as AskingPanel[];
  const panels = all.filter(({ type }) => type !== 'row');

  it('has every panel that was meant, each with a number of its own', () => {
    expect(panels.length).toBe(Object.values(rows).flat().length);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  it('says of every panel what it shows, in which unit, and what a bad value means', () => {
    for (const { title, description = '', fieldConfig } of panels) {
      expect(title).toBeTruthy();
      expect(description.length, title).toBeGreaterThan(40);
      expect(fieldConfig?.defaults.unit, title).toBeTruthy();
      const [, runbook] = /docs\/runbooks\/(\w+)\.md/.exec(description) ?? [];
      expect(
        alerts.map((alert) => alert.name),
        title,
      ).toContain(runbook);
    }
  });

  it('asks in every panel, of a source that the reader picks, and names only labels that the query keeps', () => {
    for (const { title, targets = [], datasource } of panels) {
      expect(targets.length, title).toBeGreaterThan(0);
      expect(datasource?.uid, title).toMatch(/^\$\{(datasource|traces)\}$/);
      for (const target of targets) {
        const asked = target.expr ?? target.query ?? '';
        expect(asked, title).not.toBe('');
        const kept = [...asked.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(', '));
        for (const label of labelsIn(target.legendFormat ?? ''))
          expect(kept, `${title}: ${asked}`).toContain(label);
      }
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  it('puts no panel over another, and none beyond the edge', () => {
    const taken = new Map<string, string>();
    for (const { title = '', gridPos } of all) {
      if (gridPos === undefined) throw new Error(`${title} has no place`);
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.get(`${x},${y}`), title).toBeUndefined();
          taken.set(`${x},${y}`, title);
        }
      }
    }
  });
});
