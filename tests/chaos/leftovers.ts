import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * The processes of a system end with whoever started them, except frozen ones, which cannot hear that they shall, and a
 * NATS that hangs over its full disk: the first are thawed, and what still lives later is killed, each known by its id and
 * the moment it started (field 22 of its stat). Then the mounted store and the folder go.
 */
const script = `
read -r _
for record in "$1"/run/*.pid; do
  { read -r pid _ || [ -n "$pid" ]; } < "$record" && kill -CONT "$pid"
done
sleep 12
for record in "$1"/run/*.pid; do
  { read -r pid started || [ -n "$started" ]; } < "$record" || continue
  [ "$(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 20)" = "$started" ] && kill -KILL "$pid"
done
umount -l "$1/nats"
rm -rf "$1"
`;

/** Cleans up a data directory should this process be killed. @returns call when it was cleaned up in order */
export function cleanUpAfterDeath(dataDirectory: string): () => void {
  const watchdog = spawn('/bin/sh', ['-c', script, 'watchdog', dataDirectory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  if (watchdog.stdin instanceof Socket) watchdog.stdin.unref();
  return () => void watchdog.kill('SIGKILL');
}
