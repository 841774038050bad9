/** One series of an exposition: its labels and its value. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const linePattern = /^([a-zA-Z_:][\w:]*)(?:\{(.*?)\})? (\S+)/;
const labelPattern = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads the text of `/metrics`. */
export function readExposition(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('#')) return [];
    const [, name, labelled = '', value] = linePattern.exec(line) ?? [];
    if (name === undefined || value === undefined) return [];
    const labels = Object.fromEntries(
      [...labelled.matchAll(labelPattern)].map(([, key = '', text = '']) => [key, text]),
    );
    return [{ name, labels, value: Number(value) }];
  });
}

/** What a service says of itself now; nothing when it does not answer. */
export async function scrape(port: number): Promise<Sample[]> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? readExposition(await response.text()) : [];
  } catch {
    return [];
  }
}

/** Sum over all series of a name that have these labels. */
export function total(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number {
  return samples
    .filter((sample) => sample.name === name && hasLabels(sample, labels))
    .reduce((sum, { value }) => sum + value, 0);
}

const hasLabels = (sample: Sample, labels: Record<string, string>) =>
  Object.entries(labels).every(([name, value]) => sample.labels[name] === value);
