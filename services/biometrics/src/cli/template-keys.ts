import { parseArgs } from 'node:util';
import { enqueueDeferred } from '@selfsame/bus/deferred';
import { openDatabase } from '@selfsame/database/database';
import { readSettings, sharedSettings } from '@selfsame/runtime/config';
import { migrations } from '../migrations.ts';
import type { BiometricsTables } from '../outbound/store.ts';
import { listTemplateKeys, revokeTemplateKey, rotateTemplateKey } from '../template-keys.ts';

const usage = `usage: template-keys.ts list   --application ID
       template-keys.ts rotate --application ID
       template-keys.ts revoke --application ID --version N [--drop-list-entries]
DATABASE_URL says where. rotate: new faces get a new key, enrolled ones at their next approved look. revoke: what is
under the version never compares again, from now on, on every replica; it cannot be undone. The service carries faces on
lists over to the new key within a minute of rotate; revoke refuses while some are left, unless they are to be dropped.`;

/** Key versions of an application's templates. Prints JSON, one line for each thing to say; works while NATS is away. */
try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      application: { type: 'string' },
      version: { type: 'string' },
      'drop-list-entries': { type: 'boolean', default: false },
    },
  });
  const [action = ''] = positionals;
  const { application: applicationId, version } = values;
  if (positionals.length !== 1 || !['list', 'rotate', 'revoke'].includes(action) || !applicationId) {
    throw new Error(usage);
  }
  if ((action === 'revoke') !== (version !== undefined)) throw new Error(usage);
  if (version !== undefined && !/^[1-9]\d{0,8}$/.test(version)) {
    throw new Error(`--version must be a whole number from 1, not ${version}`);
  }
  const { databaseUrl } = readSettings({ databaseUrl: sharedSettings.databaseUrl }, process.env);
  const database = await openDatabase<BiometricsTables>({
    service: 'biometrics',
    url: databaseUrl,
    migrations,
    maxConnections: 1,
  });
  const context = { database, bus: { enqueue: enqueueDeferred } };
  try {
    if (action === 'list') {
      for (const { application_id, ...key } of await listTemplateKeys(context, applicationId)) print(key);
    } else if (action === 'rotate') {
      print(await rotateTemplateKey(context, applicationId));
    } else {
      const revoked = Number(version);
      const dropListEntries = values['drop-list-entries'];
      const revocation = { applicationId, version: revoked, dropListEntries };
      print({ revoked, ...(await revokeTemplateKey(context, revocation)) });
    }
  } finally {
    await database.close();
  }
} catch (error) {
  process.stderr.write(`template-keys: ${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
