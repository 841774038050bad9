import { measured, type Part } from './measured.ts';

/** Processes that go by another name in a run. */
const processOf: Readonly<Partial<Record<Part, string>>> = { gateway: 'edge' };

/**
 * What a run found, as it is to stand in `measured.ts`: whole milliseconds, bytes by the hundred.
 * @param visitMs processor time of a visit by process
 */
export function figuresText(
  visitMs: ReadonlyMap<string, number>,
  each: { readonly storedBytes: number; readonly writtenBytes: number; readonly eventBytes: number },
): string {
  const parts = (Object.keys(measured.visitMs) as Part[]).map((part) => {
    const name = /\W/.test(part) ? `'${part}'` : part;
    const ms = visitMs.get(processOf[part] ?? part);
    return `    ${name}: ${ms === undefined ? '?' : Math.round(ms)},`;
  });
  const bytes = (['storedBytes', 'writtenBytes', 'eventBytes'] as const).map((name) => {
    const digits = String(Math.ceil(each[name] / 100) * 100);
    return `  ${name}: ${digits.replace(/\B(?=(\d{3})+$)/g, '_')},`;
  });
  return ['  visitMs: {', ...parts, '  },', ...bytes].join('\n');
}
