import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '@selfsame/runtime/errors';
import type { Identity } from './processes.ts';

/**
 * PostgreSQL refuses to run as root: then the owner of an existing cluster, `postgres` or `nobody` runs it. Undefined when
 * we are not root. @throws Failure `postgres_unusable`
 */
export function chooseIdentity(directory: string, program: string): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(directory, { throwIfNoEntry: false });
  const ids = owner !== undefined && owner.uid !== 0 ? owner : (idsOf('postgres') ?? idsOf('nobody'));
  if (ids === undefined) {
    const message =
      'PostgreSQL does not run as root and there is no user "postgres" or "nobody": run as another user';
    throw new Failure('unavailable', 'postgres_unusable', message);
  }
  const identity = { uid: ids.uid, gid: ids.gid };
  const throughClosedFolders = [directory, program].some((path) => !canReach(dirname(path), identity));
  return { ...identity, throughClosedFolders };
}

function idsOf(name: string): { uid: number; gid: number } | undefined {
  const ask = (flag: string) => {
    const text = spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout.trim();
    return text === '' ? Number.NaN : Number(text);
  };
  const [uid, gid] = [ask('-u'), ask('-g')];
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}

/** True when each folder on the way lets that user pass (a checkout under /root does not). */
function canReach(folder: string, identity: { uid: number; gid: number }): boolean {
  const info = statSync(folder, { throwIfNoEntry: false });
  const parent = dirname(folder);
  if (info === undefined) return canReach(parent, identity);
  const bit = info.uid === identity.uid ? 0o100 : info.gid === identity.gid ? 0o010 : 0o001;
  return (info.mode & bit) !== 0 && (parent === folder || canReach(parent, identity));
}
