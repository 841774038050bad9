import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * Answers what no route takes: 405 when the path exists under other methods, 301 to the slashed path for a GET without
 * its trailing slash, else 404, which says so when only the slash is missing. Whatever the body is: it is not read. Call
 * before the first route.
 */
export function answerUnknownRoutes(server: FastifyInstance): void {
  const methodsByRoute = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByRoute.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    methodsByRoute.set(url, methods);
  });

  const methodsAt = (path: string) =>
    new Set([...methodsByRoute].flatMap(([route, methods]) => (covers(route, path) ? [...methods] : [])));

  const answerUnknown = (request: FastifyRequest, reply: FastifyReply) => {
    const [path = '', ...query] = request.url.split('?');
    const methods = methodsAt(path);
    if (methods.size > 0) {
      reply.code(405).header('allow', [...methods].sort().join(', '));
      return reply.send({ detail: `Method "${request.method}" not allowed.` });
    }
    const slashed = `${path}/`;
    const known = methodsAt(slashed);
    if (['GET', 'HEAD'].includes(request.method) && known.has('GET')) {
      return reply.redirect([slashed, ...query].join('?'), 301);
    }
    return reply.code(404).send({ detail: known.size > 0 ? missingSlash : 'Not found.' });
  };
  server.setNotFoundHandler(answerUnknown);
  // Before a parser could call the body's type unsupported, or wait for all of it.
  server.addHook('preParsing', async (request, reply) => {
    if (request.is404) await answerUnknown(request, reply);
  });
}

const missingSlash = 'Not found. The path ends with a slash.';

/** Whether a route pattern such as `/v3/session/:id/` takes this path. Empty parameters never match. */
function covers(route: string, path: string): boolean {
  const wanted = route.split('/');
  const given = path.split('/');
  const open = wanted.at(-1) === '*';
  if (open ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every(
    (part, index) => part === '*' || part === given[index] || (part.startsWith(':') && given[index]),
  );
}
