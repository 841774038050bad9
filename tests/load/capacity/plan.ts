import type { Measured, Part, Production } from './measured.ts';
import { markdownTable } from './table.ts';

/** What is assumed, because it is not ours to measure. */
export interface Assumed {
  /** US dollars. */
  readonly coreHour: number;
  readonly gbMonth: number;
  readonly gpuHour: number;
  /** Looks a second that one GPU does; undefined: looks are done on cores. */
  readonly gpuLooks: number | undefined;
  /** How busy machines are on average, so that there is room for a bad minute. */
  readonly utilisation: number;
  /** How long sessions are kept. */
  readonly days: number;
}

/** What a rate needs. */
export interface Needs {
  readonly rate: number;
  readonly cores: Readonly<Record<Part, number>>;
  readonly allCores: number;
  readonly gpus: number;
  /** On each server of Postgres, when the first sessions are deleted. */
  readonly storedGb: number;
  readonly writtenMbPerSecond: number;
  /** On each server of NATS. */
  readonly natsGb: number;
  readonly inMbitPerSecond: number;
  readonly outMbitPerSecond: number;
  /** US dollars for a million re-authentications. */
  readonly perMillion: number;
}

const secondsOfMonth = 30 * 86_400;
const looks: Part = 'biometrics';

/** cores = rate × milliseconds / 1000 / utilisation × copies, by part and not less than production has. */
export function needsOf(
  rate: number,
  measured: Measured,
  { leastCores, copies }: Production,
  assumed: Assumed,
): Needs {
  const { coreHour, gbMonth, gpuHour, gpuLooks, utilisation, days } = assumed;
  const parts = Object.keys(measured.visitMs) as Part[];
  const coresOf = (part: Part): number => {
    const isBesideGpu = part === looks && gpuLooks !== undefined;
    const ms = isBesideGpu ? measured.lookMsBesideGpu : measured.visitMs[part];
    const needed = ((rate * ms) / 1000 / utilisation) * (copies[part] ?? 1);
    return Math.max(leastCores[part], needed);
  };
  const cores = Object.fromEntries(parts.map((part) => [part, coresOf(part)])) as Record<Part, number>;
  const allCores = Object.values(cores).reduce((sum, each) => sum + each, 0);
  const gpus = gpuLooks === undefined ? 0 : Math.max(2, Math.ceil(rate / gpuLooks / utilisation));
  const gb = (bytes: number, forDays: number) => (rate * bytes * forDays * 86_400) / 1e9;
  const storedGb = gb(measured.storedBytes, days);
  const natsGb = gb(measured.eventBytes, measured.eventDays);
  const allGb = storedGb * (copies.postgres ?? 1) + natsGb * (copies.nats ?? 1);
  const perSecond = (allCores * coreHour + gpus * gpuHour) / 3600 + (allGb * gbMonth) / secondsOfMonth;
  return {
    rate,
    cores,
    allCores,
    gpus,
    storedGb,
    writtenMbPerSecond: (rate * measured.writtenBytes) / 1e6,
    natsGb,
    inMbitPerSecond: (8 * rate * measured.inBytes) / 1e6,
    outMbitPerSecond: (8 * rate * measured.outBytes) / 1e6,
    perMillion: (perSecond / rate) * 1e6,
  };
}

/** The hosted product's price of one. */
const hostedEach = 0.1;

/** The needs of several rates as a table in Markdown, aligned. */
export function needsTable(all: readonly Needs[]): string {
  const parts = Object.keys(all[0]?.cores ?? {}) as Part[];
  const row = (title: string, of: (needs: Needs) => string) => [title, ...all.map(of)];
  const rows = [
    row('re-authentications a second', ({ rate }) => figure(rate)),
    ...parts.map((part) => row(`cores for ${part}`, ({ cores }) => figure(cores[part]))),
    row('**cores in all**', ({ allCores }) => figure(allCores)),
    row('GPUs', ({ gpus }) => (gpus === 0 ? 'none' : figure(gpus))),
    row('Postgres, GB on each of three', ({ storedGb }) => figure(storedGb)),
    row('Postgres, MB of log a second', ({ writtenMbPerSecond }) => figure(writtenMbPerSecond)),
    row('NATS, GB on each of three', ({ natsGb }) => figure(natsGb)),
    row('network in, Mbit/s', ({ inMbitPerSecond }) => figure(inMbitPerSecond)),
    row('network out, Mbit/s', ({ outMbitPerSecond }) => figure(outMbitPerSecond)),
    row('**US dollars a million**', ({ perMillion }) => figure(perMillion)),
    row('hosted, US dollars a million', () => figure(hostedEach * 1e6)),
  ];
  return markdownTable(rows);
}

/** Two digits that count, thousands apart. */
function figure(value: number): string {
  const rounded = value === 0 ? 0 : Number(value.toPrecision(2));
  return rounded >= 1000 ? rounded.toLocaleString('en-US') : String(rounded);
}
