/** One line of a scrape: a histogram has several of them (`_bucket`, `_count`, `_sum`). */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Every sample of a scrape in the text that Prometheus reads; exemplars are left out. */
export function seriesOf(text: string): Series[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', inside = '', value = ''] = /^(\w+)(?:\{(.*?)\})? (\S+)/.exec(line) ?? [];
    if (name === '' || line.startsWith('#')) return [];
    const labels = Object.fromEntries(
      [...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', label = '']) => [key, label]),
    );
    return [{ name, labels, value: Number(value) }];
  });
}

/** The sum of the series of that name which have these labels, whatever others they have; 0 when there is none. */
export function sumOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  return seriesOf(text)
    .filter((one) => one.name === name)
    .filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
