import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Drill } from './drill.ts';

/** Its connections stand, new ones are accepted by the kernel, and nothing answers: a disk that hangs, a network that swallows. */
export const postgresSilent: Drill = {
  name: 'postgres-silent',
  what: 'Postgres does not answer',
  async hurt({ system, signal }, forMs) {
    const postmaster = system.processes().find(({ name }) => name === 'postgres')?.pid;
    if (postmaster === undefined) throw new Error('Postgres is not running');
    process.kill(postmaster, 'SIGSTOP');
    const all = [...childrenOf(postmaster), postmaster];
    try {
      for (const pid of all) tell(pid, 'SIGSTOP');
      await pause(forMs, undefined, { signal }).catch(() => undefined);
    } finally {
      for (const pid of all) tell(pid, 'SIGCONT');
    }
    return '';
  },
};

/** From Linux' own list; field 4 of a stat is the parent, counted after the name in parentheses. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}

function tell(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended since.
  }
}
