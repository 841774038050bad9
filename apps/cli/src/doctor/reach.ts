import { lookup } from 'node:dns/promises';
import { listDestinationHosts, readDeliveryBacklog } from '@selfsame/webhook-dispatcher/diagnosis';
import { duration } from '../terminal.ts';
import { type Check, failed, ok, type Result, skipped, warning } from './check.ts';
import { databaseOf } from './database.ts';
import type { Deployment } from './deployment.ts';
import { ask, type Looks, whyUnanswered } from './looks.ts';

const keysPath = '/v3/erasures/jwks.json';
const overdueFailMs = 5 * 60_000;
const hostsMax = 20;

/** Whether users find the way in, and webhooks the way out. */
export function reachChecks(
  deployment: Deployment,
  looks: Looks,
  options: { destinations: boolean },
): Check[] {
  const { services, publicUrl } = deployment;
  const dispatcher = services.find(({ name }) => name === 'webhook-dispatcher');
  return [
    ...(publicUrl === undefined
      ? []
      : [
          {
            area: 'reachability',
            check: 'public base URL',
            run: () => entrance(deployment, publicUrl, looks),
            timeoutMs: 12_000,
          },
        ]),
    ...(dispatcher === undefined
      ? []
      : [{ area: 'deliveries', check: 'webhooks', run: () => backlog(looks), timeoutMs: 12_000 }]),
    ...(dispatcher === undefined || !options.destinations
      ? []
      : [
          { area: 'deliveries', check: 'names of receivers', run: () => receivers(looks), timeoutMs: 20_000 },
        ]),
  ];
}

/** The public address leads to these services: the same keys are published there as session itself publishes. */
async function entrance({ services }: Deployment, publicUrl: string, looks: Looks): Promise<Result[]> {
  const base = publicUrl.replace(/\/$/, '');
  const remedy =
    'correct PUBLIC_BASE_URL, its DNS and certificate, or the routes of the gateway (deploy/routes.json)';
  const through = await ask(`${base}${keysPath}`, looks.now).catch((error: unknown) => whyUnanswered(error));
  if (typeof through === 'string') return [failed(`${base} does not answer (${through})`, remedy)];
  if (through.status !== 200)
    return [failed(`${base}${keysPath} answers ${through.status}, so it does not lead to session`, remedy)];
  const session = services.find(({ name }) => name === 'session')?.http;
  const direct = session && (await ask(`http://${session}${keysPath}`, looks.now).catch(() => undefined));
  if (direct && direct.status === 200 && keyIds(direct.body) !== keyIds(through.body))
    return [failed(`${base} leads to another deployment: it publishes other keys`, remedy)];
  const results = [ok(`${base} leads here`), ...(await routes(services, base, looks))];
  if (!isSecure(base))
    results.push(
      warning(
        `${base} is not https`,
        'browsers give cameras to https only: put TLS in front and name it',
        'https',
      ),
    );
  return results;
}

function keyIds(body: string): string {
  try {
    const { keys } = JSON.parse(body) as { keys: { kid?: string }[] };
    return JSON.stringify(keys.map(({ kid }) => kid).sort());
  } catch {
    return body;
  }
}

/** One route of each service, through the gateway. */
async function routes(services: Deployment['services'], base: string, looks: Looks): Promise<Result[]> {
  const described = services.filter(({ name }) => name !== 'capture');
  const answers = await Promise.all(
    described.map(async ({ name, http }) => {
      const answer = await ask(`${base}/v3/openapi/${name}.json`, looks.now).catch(() => undefined);
      if (answer?.status === 200) return [];
      // What does not answer itself answers nobody: that is told among the services.
      const isDown = http !== undefined && !(await looks.ready(name).then(Boolean, () => false));
      if (isDown) return [skipped(`${name} does not answer`, 'routes')];
      return [
        failed(
          `no way to ${name} through ${base} (${answer?.status ?? 'no answer'})`,
          `start ${name}, or add its paths to the gateway: pnpm routes:render`,
          'routes',
        ),
      ];
    }),
  );
  return answers.flat();
}

function isSecure(base: string): boolean {
  const { protocol, hostname } = new URL(base);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

async function backlog(looks: Looks): Promise<Result[]> {
  const database = await databaseOf(looks, 'webhook-dispatcher');
  if ('status' in database) return [database];
  const { overdue, oldestDueAt, held, switchedOff } = await readDeliveryBacklog(database.db);
  const ageMs = oldestDueAt === null ? 0 : looks.now().getTime() - oldestDueAt.getTime();
  const waits = `${overdue} ${overdue === 1 ? 'delivery is' : 'deliveries are'} overdue, the oldest by ${duration(ageMs)}`;
  const remedy = 'see whether webhook-dispatcher runs and receivers answer: GET /v3/webhook/destinations/';
  const results: Result[] = [
    overdue === 0
      ? ok('none overdue')
      : ageMs > overdueFailMs
        ? failed(waits, remedy)
        : warning(waits, remedy),
  ];
  if (switchedOff.length > 0) {
    const text = `switched off after failures: ${switchedOff.length} ${switchedOff.length === 1 ? 'destination' : 'destinations'}, ${held} deliveries held`;
    results.push(
      warning(
        text,
        'tell their owners; PATCH them enabled when they are mended: nothing is dropped',
        'destinations',
      ),
    );
  }
  return results;
}

async function receivers(looks: Looks): Promise<Result[]> {
  const database = await databaseOf(looks, 'webhook-dispatcher');
  if ('status' in database) return [database];
  const hosts = await listDestinationHosts(database.db, hostsMax);
  if (hosts.length === 0) return [skipped('there are no destinations')];
  const unknown = await Promise.all(
    hosts.map(async (host) =>
      (await lookup(host.replace(/^\[|\]$/g, '')).catch(() => undefined)) === undefined ? [host] : [],
    ),
  );
  const lost = unknown.flat();
  if (lost.length === 0) return [ok(`${hosts.length} ${hosts.length === 1 ? 'name' : 'names'} found`)];
  const text = `not found: ${lost.join(', ')}`;
  return [
    lost.length === hosts.length
      ? failed(text, 'mend DNS here: no webhook can leave')
      : warning(text, 'tell the owners of these destinations'),
  ];
}
