import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Attempt, normalHandle } from './accounts.ts';
import type { CookieJar } from './cookies.ts';
import type { Live } from './live.ts';
import { askDecision, createAccount, type Flow, type Start, signIn } from './sign-in.ts';

interface Options {
  flow: Flow;
  live: Live;
  cookies: CookieJar;
  baseUrl: string;
  publicUrl: string;
  /** Directory of index.html. */
  page: string;
}

const ATTEMPT = 'demo_attempt';
const ACCOUNT = 'demo_account';
const ATTEMPT_SECONDS = 7 * 24 * 3600;
const SIGNED_IN_SECONDS = 12 * 3600;

/** The page and what it asks of its own server. */
export async function pageRoutes(server: FastifyInstance, options: Options): Promise<void> {
  const { flow, live, cookies } = options;
  const attemptOf = (request: FastifyRequest) =>
    flow.accounts.attempt(cookies.read(request.headers.cookie, ATTEMPT));
  const accountOf = (request: FastifyRequest) =>
    flow.accounts.byId(cookies.read(request.headers.cookie, ACCOUNT) ?? '');

  const page = (_request: FastifyRequest, reply: FastifyReply) =>
    reply.sendFile('index.html', options.page, { immutable: false, maxAge: 0 });
  server.get('/demo/', page);
  // The hosted page sends the browser here. Its query is a hint for the eye; the page asks for the truth.
  server.get('/demo/return', page);

  server.get('/demo/api/me', async (request) => ({
    baseUrl: options.baseUrl,
    publicUrl: options.publicUrl,
    account: accountOf(request)?.handle ?? null,
    attempt: view(attemptOf(request)),
  }));

  const start = (path: string, begin: typeof signIn) =>
    server.post<{ Body: { handle?: unknown; embedded?: unknown } | null }>(path, async (request, reply) => {
      const handle = normalHandle(request.body?.handle);
      if (!handle)
        return reply.code(400).send({ error: 'Give a name or an e-mail address of 2 to 64 characters.' });
      const browser = { attempt: attemptOf(request), embedded: request.body?.embedded === true };
      const started: Start = await begin(flow, handle, browser);
      if (!started.ok) return reply.code(started.status).send({ error: started.error });
      reply.header('set-cookie', cookies.write(ATTEMPT, started.attempt.id, ATTEMPT_SECONDS));
      return { attempt: view(started.attempt) };
    });
  start('/demo/api/accounts', createAccount);
  start('/demo/api/sign-ins', signIn);

  server.post('/demo/api/attempt/check', async (request) => {
    const attempt = attemptOf(request);
    if (attempt) await askDecision(flow, attempt);
    return { attempt: view(attempt) };
  });

  // Approved counts once, in the browser that began.
  server.post('/demo/api/attempt/finish', async (request, reply) => {
    const attempt = attemptOf(request);
    if (attempt?.status !== 'Approved' || attempt.confirmedBy === null)
      return reply.code(409).send({ error: 'This attempt is not approved.' });
    flow.accounts.forget(attempt);
    reply.header('set-cookie', cookies.clear(ATTEMPT));
    if (attempt.purpose === 'sign_in')
      reply.header('set-cookie', cookies.write(ACCOUNT, attempt.account.id, SIGNED_IN_SECONDS));
    return { attempt: view(attempt) };
  });

  server.post('/demo/api/attempt/forget', async (_request, reply) => {
    reply.header('set-cookie', cookies.clear(ATTEMPT));
    return { attempt: null };
  });

  server.post('/demo/api/sign-out', async (_request, reply) => {
    reply.header('set-cookie', cookies.clear(ACCOUNT));
    return { account: null };
  });

  server.get('/demo/api/webhooks', (_request, reply) => {
    reply.hijack();
    if (!live.watch(reply.raw)) reply.raw.writeHead(503).end();
  });
}

/** What the browser that began an attempt may know of it. */
function view(attempt: Attempt | undefined) {
  if (!attempt) return null;
  const { purpose, sessionId, url, status, confirmedBy, account } = attempt;
  return { purpose, sessionId, url, status, confirmedBy, handle: account.handle };
}
