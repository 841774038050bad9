import { parseArgs } from 'node:util';
import { recordCommand } from '@selfsame/bus/commands';
import { openDatabase } from '@selfsame/database/database';
import { commandDatabaseUrl, readSettings } from '@selfsame/runtime/config';
import type { RevokedKeys } from '../api-keys.ts';
import { revokeApiKeys } from '../api-keys.ts';
import { isUuid } from '../domain/ids.ts';
import { migrations } from '../migrations.ts';
import type { Tables } from '../outbound/tables.ts';

const usage = 'usage: revoke-key.ts --slug SLUG [--key-id ID | --all-but-newest]';

/**
 * Revokes API keys of an application and prints what was revoked and what still works as one JSON line; without a choice
 * it only prints. A revoked key works for up to ten more seconds where it is remembered.
 */
try {
  const { values } = parseArgs({
    options: {
      slug: { type: 'string' },
      'key-id': { type: 'string' },
      'all-but-newest': { type: 'boolean', default: false },
    },
  });
  const { slug } = values;
  if (slug === undefined) throw new Error(usage);
  const { databaseUrl } = readSettings({ databaseUrl: commandDatabaseUrl }, process.env);
  const which = readChoice(values['key-id'], values['all-but-newest']);
  const database = await openDatabase<Tables>({
    service: 'session',
    url: databaseUrl,
    migrations,
    maxConnections: 1,
  });
  try {
    const { applicationId, revoked, active } = await revokeApiKeys(database, slug, which);
    for (const id of revoked) {
      await recordCommand(database, { applicationId, service: 'session', line: `revoke-key --key-id ${id}` });
    }
    const keys = active.map(({ id, createdAt }) => ({ key_id: id, created_at: createdAt.toISOString() }));
    process.stdout.write(`${JSON.stringify({ slug, revoked, active: keys })}\n`);
  } finally {
    await database.close();
  }
} catch (error) {
  process.stderr.write(`revoke-key: ${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
}

function readChoice(keyId: string | undefined, allButNewest: boolean): RevokedKeys {
  if (keyId === undefined) return allButNewest ? 'all_but_newest' : 'none';
  if (allButNewest || !isUuid(keyId)) throw new Error(usage);
  return { keyId: keyId.toLowerCase() };
}
