import { parseArgs } from 'node:util';
import { measured, production } from './measured.ts';
import { type Assumed, needsOf, needsTable } from './plan.ts';

const usage = `pnpm capacity [--rate 1,100,10000] [--core-hour 0.04] [--gb-month 0.10] [--days 90] [--utilisation 0.6]
              [--gpu-looks N --gpu-hour 2.50]    looks a second that you have measured on one of your GPUs
pnpm capacity --write    writes the tables of docs/capacity.md anew, after measured.ts was changed`;

/** What the command prints for these arguments. @throws Error that says what is wrong with them */
export function capacity(args: readonly string[]): string {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string', default: '1,100,10000' },
      'core-hour': { type: 'string', default: '0.04' },
      'gb-month': { type: 'string', default: '0.10' },
      'gpu-hour': { type: 'string', default: '2.50' },
      'gpu-looks': { type: 'string' },
      utilisation: { type: 'string', default: '0.6' },
      days: { type: 'string', default: '90' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return usage;
  const looks = values['gpu-looks'];
  const assumed: Assumed = {
    coreHour: positive('--core-hour', values['core-hour']),
    gbMonth: positive('--gb-month', values['gb-month']),
    gpuHour: positive('--gpu-hour', values['gpu-hour']),
    gpuLooks: looks === undefined ? undefined : positive('--gpu-looks', looks),
    utilisation: positive('--utilisation', values.utilisation),
    days: positive('--days', values.days),
  };
  if (assumed.utilisation > 1) throw new Error('--utilisation is at most 1');
  const rates = values.rate.split(',').map((rate) => positive('--rate', rate));
  return needsTable(rates.map((rate) => needsOf(rate, measured, production, assumed)));
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new Error(`${name} is a number above 0, not ${text}\n${usage}`);
  return value;
}
