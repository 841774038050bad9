import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Frozen processes cannot hear that they shall end, and a mounted folder cannot be removed: this thaws, unmounts and
 * removes. The processes themselves end with whoever started them.
 */
const script = `
read -r _
for record in "$1"/run/*.pid; do
  read -r pid _ < "$record" && kill -CONT "$pid"
done
sleep 12
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
