import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { type FastifyInstance, fastify, LogController } from 'fastify';
import { createAccounts } from './accounts.ts';
import type { DemoConfig } from './config.ts';
import { createCookieJar } from './cookies.ts';
import { createLive } from './live.ts';
import { pageRoutes } from './page-routes.ts';
import { connectSelfsame } from './selfsame.ts';
import { createWebhookVerifier } from './webhook.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** Where `vite build` leaves the page. */
const PAGE_DIRECTORY = join(import.meta.dirname, '../dist');

/** Builds the relying party; the caller listens and closes. @throws Error when the page has not been built */
export async function createDemo(config: DemoConfig, page = PAGE_DIRECTORY): Promise<FastifyInstance> {
  if (!existsSync(join(page, 'index.html')))
    throw new Error(`The demo's page is not built: ${page}/index.html is missing. Run \`pnpm build\`.`);

  const server = fastify({
    logger: { level: config.logLevel, base: { service: 'demo' } },
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    bodyLimit: 16 * 1024,
  });
  // Only JSON is read, which a foreign page cannot send here without being asked first.
  server.removeContentTypeParser('text/plain');
  const policy = contentSecurityPolicy(config.baseUrl);
  server.addHook('onSend', async (_request, reply) => {
    reply.headers({
      'content-security-policy': policy,
      'permissions-policy': `camera=(self "${new URL(config.baseUrl).origin}"), microphone=(), geolocation=()`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });

  const accounts = createAccounts();
  const live = createLive();
  server.addHook('preClose', async () => live.close());

  for (const path of ['/healthz', '/readyz']) server.get(path, async () => ({ status: 'ok' }));
  server.get('/demo', (_request, reply) => reply.redirect('/demo/', 301));
  // Vite names assets after their content, so browsers may keep them.
  const assets = { prefix: '/demo/assets/', immutable: true, maxAge: '365d', index: false } as const;
  await server.register(fastifyStatic, { root: join(page, 'assets'), ...assets });
  await server.register(pageRoutes, {
    flow: {
      accounts,
      selfsame: connectSelfsame(config.baseUrl, config.apiKey),
      callback: `${config.publicUrl}/return`,
      workflows: config.workflows,
    },
    live,
    cookies: createCookieJar(randomBytes(32), config.publicUrl.startsWith('https:')),
    baseUrl: config.baseUrl,
    publicUrl: config.publicUrl,
    page,
  });
  await server.register(webhookRoutes, {
    accounts,
    live,
    verifiers: new Map(
      Object.entries(config.webhookSecrets).map(([name, secret]) => [name, createWebhookVerifier(secret)]),
    ),
  });
  return server;
}

function contentSecurityPolicy(baseUrl: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    `frame-src ${new URL(baseUrl).origin}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
