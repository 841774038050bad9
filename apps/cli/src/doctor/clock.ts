import { duration } from '../terminal.ts';
import { failed, ok, type Result, warning } from './check.ts';

/** Another clock, read between two readings of ours. A clock that tells whole seconds may mean any moment of one. */
export interface ClockSample {
  readonly sent: Date;
  readonly received: Date;
  readonly earliest: Date;
  readonly latest: Date;
}

const warnMs = 1_000;
const failMs = 30_000;

/** How far the other clock is from ours at least, in ms; above 0: it is ahead. What the network and rounding explain is 0. */
export function skewMs({ sent, received, earliest, latest }: ClockSample): number {
  const least = earliest.getTime() - received.getTime();
  const most = latest.getTime() - sent.getTime();
  if (least <= 0 && most >= 0) return 0;
  return least > 0 ? least : most;
}

/** @param whose such as `PostgreSQL` */
export function judgeClock(whose: string, sample: ClockSample): Result {
  const skew = skewMs(sample);
  if (Math.abs(skew) <= warnMs) return ok('agrees with this machine', whose);
  const text = `is ${duration(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} this machine`;
  const remedy =
    'set both by NTP (timedatectl, chrony): links, challenges and signatures live by these clocks';
  return Math.abs(skew) > failMs ? failed(text, remedy, whose) : warning(text, remedy, whose);
}
