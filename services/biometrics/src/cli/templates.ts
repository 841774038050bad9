import { parseArgs } from 'node:util';
import { recordCommand } from '@selfsame/bus/commands';
import { enqueueDeferred } from '@selfsame/bus/deferred';
import { openDatabase } from '@selfsame/database/database';
import { keySettings, ownKey } from '@selfsame/keys/settings';
import { readSettings, sharedSettings } from '@selfsame/runtime/config';
import { createLog } from '@selfsame/runtime/log';
import { openBiometricKeyring } from '../biometric-keyring.ts';
import { historyOf, nameOf, revertEnrolled } from '../enrolled-templates.ts';
import { migrations } from '../migrations.ts';
import type { BiometricsTables } from '../outbound/tables.ts';
import { createVault } from '../outbound/vault.ts';

const usage = `usage: templates.ts history --application ID --vendor-data NAME
       templates.ts revert  --application ID --vendor-data NAME
DATABASE_URL says where; the key settings are the service's own (a name is found by its keyed hash).
history: how the user's template came to be what it is, newest first; scores 0 to 100, a line of JSON for each change.
revert: puts the template back to what a verified session enrolled, from now on, on every replica. The next sign-in is blended
into it no sooner than after an adaptation.`;

const where = `DATABASE_URL is not set: give it the service's own, and its key settings.
In a cluster the pod has them: kubectl exec deployment/biometrics-server -- node src/cli/templates.ts …`;

const settings = {
  databaseUrl: sharedSettings.databaseUrl,
  ...keySettings,
  biometricKey: ownKey('BIOMETRIC_KEY'),
};

/** What became of one user's template, and back to what was enrolled. Prints JSON; works while NATS is away. */
try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      application: { type: 'string' },
      'vendor-data': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  const [action = ''] = positionals;
  const { application: applicationId, 'vendor-data': vendorData } = values;
  if (positionals.length !== 1 || !['history', 'revert'].includes(action) || !applicationId || !vendorData) {
    throw new Error(usage);
  }
  if (!process.env.DATABASE_URL?.trim()) throw new Error(where);
  const config = readSettings(settings, process.env);
  const log = createLog('biometrics', 'fatal');
  const database = await openDatabase<BiometricsTables>({
    service: 'biometrics',
    url: config.databaseUrl,
    migrations,
    maxConnections: 2,
  });
  try {
    const keyring = await openBiometricKeyring({ config, database, log });
    keyring.close();
    const context = { database, log, vault: createVault(keyring.root), bus: { enqueue: enqueueDeferred } };
    const named = await nameOf(context, { applicationId, vendorData });
    if (named === undefined) throw new Error('nobody of this name is enrolled in this application');
    const line = `templates ${action} --template ${named.templateUuid}`;
    await recordCommand(database, { applicationId, service: 'biometrics', line });
    if (action === 'history') {
      for (const { position, application_id, subject, ...change } of (await historyOf(context, named)) ??
        []) {
        print(change);
      }
    } else {
      print({
        template_uuid: named.templateUuid,
        reverted: (await revertEnrolled(context, named)) === 'reverted',
      });
    }
  } finally {
    await database.close();
  }
} catch (error) {
  process.stderr.write(`templates: ${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
