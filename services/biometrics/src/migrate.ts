import { migrate } from '@selfsame/database/migrate';
import { readSettings, sharedSettings } from '@selfsame/runtime/config';
import { createLog } from '@selfsame/runtime/log';
import { migrations } from './migrations.ts';

/** The migration job of this service: DATABASE_URL is a login that may create roles and schemas. */
try {
  const settings = readSettings({ databaseUrl: sharedSettings.databaseUrl }, process.env);
  const log = createLog('biometrics', 'info');
  await migrate({ service: 'biometrics', url: settings.databaseUrl, migrations, log });
} catch (error) {
  process.stderr.write(`biometrics: ${error instanceof Error ? error.message : 'migration failed'}\n`);
  process.exitCode = 1;
}
