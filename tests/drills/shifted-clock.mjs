// Loaded into a service before everything else (`node --import`): its wall clock is wrong by as many milliseconds as a file
// says, from the moment of a SIGUSR2 on. What counts time that passes (timers, performance.now) is right, as on a machine
// whose clock is set while it runs.
import { readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.DRILL_CLOCK_FILE;
const RealDate = Date;
let shiftMs = 0;

const now = () => RealDate.now() + shiftMs;
const ShiftedDate = new Proxy(RealDate, {
  construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [now()] : given, as),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});

if (file !== undefined) {
  const learn = () => {
    try {
      shiftMs = Number(readFileSync(file, 'utf8')) || 0;
    } catch {
      shiftMs = 0;
    }
  };
  learn();
  globalThis.Date = ShiftedDate;
  if (isMainThread) {
    process.on('SIGUSR2', () => {
      learn();
      writeFileSync(`${file}.seen`, String(shiftMs));
    });
  }
}
