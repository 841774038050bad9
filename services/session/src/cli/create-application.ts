import { parseArgs } from 'node:util';
import { recordCommand } from '@selfsame/bus/commands';
import { openDatabase } from '@selfsame/database/database';
import { commandDatabaseUrl, readSettings } from '@selfsame/runtime/config';
import { createApplication } from '../applications.ts';
import { migrations } from '../migrations.ts';
import type { Tables } from '../outbound/tables.ts';

const usage =
  'usage: create-application.ts --slug SLUG --name NAME [--organization SLUG] [--environment live|sandbox] [--[no-]strict-statuses]';

const slugPattern = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * Creates an application if it is missing and prints its new API key as one JSON line. `--organization` puts a new one beside
 * others, whose verified users it can let in by a selfie. `--strict-statuses` is for clients
 * that do not know Not Finished: leaving the page is Abandoned for them.
 */
try {
  const { values } = parseArgs({
    options: {
      slug: { type: 'string' },
      name: { type: 'string' },
      organization: { type: 'string' },
      environment: { type: 'string', default: 'live' },
      'strict-statuses': { type: 'boolean' },
    },
    allowNegative: true,
  });
  const { slug, name, environment, organization } = values;
  if (slug === undefined || !slugPattern.test(slug)) throw new Error(`${usage} (lower-case slug)`);
  if (organization !== undefined && !slugPattern.test(organization)) {
    throw new Error(`${usage} (lower-case slug of an organisation)`);
  }
  if (name === undefined || name.length > 100) throw new Error(usage);
  if (environment !== 'live' && environment !== 'sandbox') throw new Error(usage);
  const { databaseUrl } = readSettings({ databaseUrl: commandDatabaseUrl }, process.env);
  const database = await openDatabase<Tables>({
    service: 'session',
    url: databaseUrl,
    migrations,
    maxConnections: 1,
  });
  try {
    const created = await createApplication(database, {
      slug,
      name,
      environment,
      organization,
      strictStatuses: values['strict-statuses'],
    });
    const { applicationId } = created;
    await recordCommand(database, {
      applicationId,
      service: 'session',
      line: `create-application --slug ${slug}`,
    });
    const line = {
      application_id: created.applicationId,
      slug: created.slug,
      organization_id: created.organizationId,
      api_key: created.apiKey,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  } finally {
    await database.close();
  }
} catch (error) {
  process.stderr.write(`create-application: ${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
}
