import { parseArgs } from 'node:util';
import { recordCommand } from '@selfsame/bus/commands';
import { enqueueDeferred } from '@selfsame/bus/deferred';
import { openDatabase } from '@selfsame/database/database';
import { commandDatabaseUrl, readSettings } from '@selfsame/runtime/config';
import type { Context } from '../context.ts';
import { migrations } from '../migrations.ts';
import type { KeyUse } from '../outbound/key-store.ts';
import type { BiometricsTables } from '../outbound/tables.ts';
import { listTemplateKeys, revokeTemplateKey, rotateTemplateKey } from '../template-keys.ts';

const usage = `usage: template-keys.ts list   --application ID
       template-keys.ts rotate --application ID
       template-keys.ts revoke --application ID --version N [--yes] [--drop-list-entries]
DATABASE_URL says where.
list: what is under each version. to_re_enrol: users whose face was under a revoked version and is gone; each enrols again.
rotate: new faces get a new key, enrolled ones at their next approved look. The service carries faces on lists over to the
new key within a minute.
revoke: what is under the version never compares again, from now on, on every replica; it cannot be undone. While users
are enrolled under it, it wants --yes; while faces on lists are, rotate first, or give --drop-list-entries to lose them.`;

/** Key versions of an application's templates. Prints JSON, one line for each thing to say; works while NATS is away. */
try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      application: { type: 'string' },
      version: { type: 'string' },
      'drop-list-entries': { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  const [action = ''] = positionals;
  const { application: applicationId, version } = values;
  if (positionals.length !== 1 || !['list', 'rotate', 'revoke'].includes(action) || !applicationId) {
    throw new Error(usage);
  }
  if ((action === 'revoke') !== (version !== undefined)) throw new Error(usage);
  if (version !== undefined && !/^[1-9]\d{0,8}$/.test(version)) {
    throw new Error(`--version must be a whole number from 1, not ${version}`);
  }
  const { databaseUrl } = readSettings({ databaseUrl: commandDatabaseUrl }, process.env);
  const database = await openDatabase<BiometricsTables>({
    service: 'biometrics',
    url: databaseUrl,
    migrations,
    maxConnections: 1,
  });
  const context = { database, bus: { enqueue: enqueueDeferred } };
  try {
    if (action !== 'list') {
      const line = [
        `template-keys ${action}`,
        ...(version === undefined ? [] : [`--version ${version}`]),
      ].join(' ');
      await recordCommand(database, { applicationId, service: 'biometrics', line });
    }
    if (action === 'list') {
      for (const key of await listTemplateKeys(context, applicationId)) print(lineOf(key));
    } else if (action === 'rotate') {
      print(await rotateTemplateKey(context, applicationId));
    } else {
      const revoked = Number(version);
      if (!values.yes) await requireNobodyEnrolled(context, applicationId, revoked);
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

/** Rows of a revoked version are empty: they only remember who was enrolled. */
function lineOf({ application_id, subjects, ...key }: KeyUse): object {
  return key.state === 'revoked' ? { ...key, to_re_enrol: subjects } : { ...key, subjects };
}

/** @throws Error that says how many would have to enrol again */
async function requireNobodyEnrolled(
  context: Pick<Context, 'database'>,
  applicationId: string,
  version: number,
): Promise<void> {
  const key = (await listTemplateKeys(context, applicationId)).find((each) => each.version === version);
  if (key === undefined || key.state === 'revoked' || key.subjects === 0) return;
  const users = key.subjects === 1 ? '1 user is' : `${key.subjects} users are`;
  const gentler =
    key.state === 'active' ? 'rotate first and revoke when most have moved' : 'wait until more have moved';
  throw new Error(
    `${users} enrolled under version ${version} and would have to enrol again; it cannot be undone. ` +
      `Nothing was revoked: ${gentler} to the new version, or give --yes`,
  );
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
