import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@selfsame/runtime/errors';
import { endByFingerprint, fingerprint } from './processes.ts';

/**
 * Claims a data directory for this process and ends what a former run that was killed may have left alive.
 * @throws Failure `already_running` when another living process holds it
 */
export async function claimDirectory(runDirectory: string, dataDirectory: string): Promise<() => void> {
  mkdirSync(runDirectory, { recursive: true, mode: 0o700 });
  const ownerFile = join(runDirectory, 'selfsame.owner');
  const mine = fingerprint(process.pid) ?? String(process.pid);
  for (let tries = 0; ; tries += 1) {
    try {
      writeFileSync(ownerFile, mine, { flag: 'wx' });
      break;
    } catch {
      const owner = readOptional(ownerFile);
      const ownerPid = Number(owner.split(' ')[0]);
      if (tries >= 3 || (owner !== '' && fingerprint(ownerPid) === owner)) {
        const how = 'stop it first, or choose another SELFSAME_DATA_DIR and SELFSAME_PORT';
        const message = `Selfsame already runs on ${dataDirectory} (process ${ownerPid}): ${how}`;
        throw new Failure('conflict', 'already_running', message);
      }
      rmSync(ownerFile, { force: true });
    }
  }
  const records = readdirSync(runDirectory).filter((file) => file.endsWith('.pid'));
  await Promise.all(
    records.map(async (file) => {
      // SIGINT is a fast stop for Postgres and a stop for everything else.
      await endByFingerprint(readOptional(join(runDirectory, file)), 'SIGINT', 5000);
      rmSync(join(runDirectory, file), { force: true });
    }),
  );
  return () => rmSync(ownerFile, { force: true });
}

function readOptional(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
