import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a row of docs/observe.md says of a metric. */
export interface Documented {
  readonly labels: readonly string[];
  /** As words alone, without marks of code. */
  readonly told: string;
}

/** Metrics as a table of docs/observe.md names them. */
export type Catalogue = ReadonlyMap<string, Documented>;

/** What a process says of one of its metrics. */
export interface Exposed {
  readonly help: string;
  /** Undefined where it has no series yet. */
  readonly labels: readonly string[] | undefined;
}

/** The tables under "What there is to see", by whose metrics they are: `every service`, or the name of one. */
export async function documentedMetrics(): Promise<ReadonlyMap<string, Catalogue>> {
  const text = await readFile(join(import.meta.dirname, '../../docs/observe.md'), 'utf8');
  const section = text.split('\n## What there is to see\n').at(1) ?? '';
  const quoted = (cell = '') => [...cell.matchAll(/`(\w+)`/g)].flatMap((match) => match[1] ?? []);
  const tables = section.split('\n\n').filter((paragraph) => paragraph.trim().startsWith('| '));
  return new Map(
    tables.map((table) => {
      const [title, , ...rows] = table
        .trim()
        .split('\n')
        .map((row) => row.split('|').map((cell) => cell.trim()));
      const metrics = rows.map((cells): [string, Documented] => [
        quoted(cells[1])[0] ?? '',
        { labels: quoted(cells[3]), told: (cells[4] ?? '').replaceAll('`', '') },
      ]);
      return [title?.[1] ?? '', new Map(metrics)];
    }),
  );
}

/** The help of a metric as the page begins its row: whoever reads on there learns of labels, and of what is `_Shared_`. */
export function beginningOf(help: string): string {
  return help.replace(/ The same for all replicas\.$/, '').replace(/\.$/, '');
}

/** Our metrics in the text of a scrape, with their help and the labels that their series have. */
export function exposedMetrics(text: string): ReadonlyMap<string, Exposed> {
  const found = new Map<string, Exposed>();
  const families = text.matchAll(/^# HELP (selfsame_\w+) (.*)\n# TYPE \1 (\w+)$/gm);
  for (const [, family = '', help = '', kind] of families) {
    const name = kind === 'counter' && !family.endsWith('_total') ? `${family}_total` : family;
    const suffix = kind === 'histogram' ? '_count' : '';
    const series = new RegExp(`^${name}${suffix}(?:\\{([^}]*)\\})? `, 'm').exec(text);
    const labels = [...(series?.[1] ?? '').matchAll(/(\w+)="/g)].flatMap((match) => match[1] ?? []);
    found.set(name, { help, labels: series ? labels.filter((label) => label !== 'service') : undefined });
  }
  return found;
}
