import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { waitFor } from './wait.ts';

/**
 * SIGSTOP, and waits until it has taken effect: the signal reaches the threads of a busy process one after the other, and
 * until then some of them still work. Sockets stay open; SIGCONT lets the process go on.
 *
 * @throws Error when there is no such process
 */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await waitFor(`process ${pid} stands still`, () => states(pid).every((state) => state === 'T'), {
    intervalMs: 1,
  });
}

/** One letter for each thread, as `ps` says it; only for the process where there is no /proc. */
function states(pid: number): string[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync('/proc/self/task'))
    return [
      execFileSync('ps', ['-o', 'state=', '-p', `${pid}`], { encoding: 'utf8' })
        .trim()
        .slice(0, 1),
    ];
  return readdirSync(tasks).map((task) => {
    const stat = readFileSync(`${tasks}/${task}/stat`, 'utf8');
    // The name before it is in parentheses and may hold anything.
    return stat.charAt(stat.lastIndexOf(')') + 2);
  });
}
