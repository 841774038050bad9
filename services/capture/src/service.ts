import { openBus } from '@selfsame/bus/bus';
import { captureProgressed, sessionStatusChanged } from '@selfsame/contracts/catalog';
import { createHttpServer } from '@selfsame/http/server';
import type { Lifecycle } from '@selfsame/runtime/lifecycle';
import type { Log } from '@selfsame/runtime/log';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { createAdmission } from './inbound/admission.ts';
import { consentPage } from './inbound/consent-page.ts';
import { consentRoutes } from './inbound/consent-routes.ts';
import { isLiveUpgrade, liveRoute } from './inbound/live.ts';
import { pageFiles } from './inbound/page.ts';
import { pageRoutes } from './inbound/routes.ts';
import { statesPage } from './inbound/states.ts';
import { createKeptUploads } from './kept-uploads.ts';
import { createKnownSessions } from './known-sessions.ts';
import { createRooms } from './live/rooms.ts';
import { createOpenAttempts } from './open-attempts.ts';
import { connectNeighbours } from './outbound/neighbours.ts';
import { readPage, readStatesPage } from './outbound/page-files.ts';
import { hostedSession } from './sessions.ts';
import { createVerdicts } from './verdicts.ts';

/** Opens the service; it closes with its lifecycle, uploads in flight first. @returns the port it listens on */
export async function createService(
  config: Config,
  lifecycle: Lifecycle,
  log: Log,
): Promise<{ httpPort: number }> {
  const page = await readPage(config.pageDirectory);
  const states = config.statesPage ? await readStatesPage(config.pageDirectory) : null;

  const neighbours = connectNeighbours({
    session: config.sessionGrpc,
    biometrics: config.biometricsGrpc,
    fraudSignals: config.fraudSignalsGrpc,
    share: config.shareGrpc,
  });
  lifecycle.onStop('neighbours', neighbours.close);

  const bus = await openBus({ service: 'capture', url: config.natsUrl, log, stream: config });
  lifecycle.onStop('bus', bus.close);

  const verdicts = createVerdicts();
  const rooms = createRooms();
  await bus.listen(sessionStatusChanged, ({ message }) => {
    verdicts.tell(message);
    rooms.changed(message);
  });
  await bus.listen(captureProgressed, ({ message }) => rooms.progressed(message));

  const keptUploads = createKeptUploads(config.keptMegabytes * 1_000_000);
  lifecycle.onStop('kept uploads', keptUploads.clear);

  const context: Context = {
    config,
    log,
    bus,
    neighbours,
    verdicts,
    rooms,
    openAttempts: createOpenAttempts(),
    keptUploads,
    knownSessions: createKnownSessions(async (tokenSha256) =>
      hostedSession((await neighbours.session.readSession({ tokenSha256 })).session),
    ),
    stopping: lifecycle.signal,
  };
  const http = createHttpServer({
    service: 'capture',
    log,
    health: lifecycle.health,
    // Pictures have a parser of their own; whatever else comes asks for something in a few words.
    bodyLimitBytes: 1_024,
    trustProxy: config.trustedProxies,
    upgrades: isLiveUpgrade,
    admission: config,
  });
  const admission = createAdmission(config);
  http.register((api) => pageFiles(api, context, admission, page));
  if (states !== null) http.register((api) => statesPage(api, states));
  http.register((api) => pageRoutes(api, context, admission));
  http.register((api) => consentPage(api, context, admission, page));
  http.register((api) => consentRoutes(api, context, admission));
  http.register((api) => liveRoute(api, context, admission));
  lifecycle.onStop('http', () => http.close());
  await http.listen({ host: config.host, port: config.httpPort });
  const address = http.server.address();

  lifecycle.ready();
  return { httpPort: typeof address === 'object' && address !== null ? address.port : config.httpPort };
}
