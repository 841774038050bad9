import { DetailError, type HttpServer } from '@selfsame/http/server';
import type { StatesPage } from '../outbound/page-files.ts';

/** Its own files, and itself in frames; what it shows leads nowhere. */
const headers = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; '),
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
};
const html = { ...headers, 'content-type': 'text/html; charset=utf-8' };

/** Every state of the page side by side, for developers: `/__states`, and one at `/__states/{name}?lang=&theme=&text=`. */
export async function statesPage(api: HttpServer, states: StatesPage): Promise<void> {
  for (const route of ['/__states', '/__states/']) {
    api.get(route, (_request, reply) => reply.headers(html).send(states.gallery));
  }
  for (const route of ['/__states/:name', '/__states/:name/']) {
    api.get(route, (_request, reply) => reply.headers(html).send(states.state));
  }
  api.get('/__states/assets/:file', (request, reply) => {
    const asset = states.assets.get((request.params as { file: string }).file);
    if (asset === undefined) throw new DetailError(404, 'Not found.');
    return reply.headers({ ...headers, 'content-type': asset.contentType }).send(asset.identity);
  });
}
