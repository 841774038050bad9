import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DetailError } from './errors.ts';
import { readForm } from './form-reader.ts';
import { fileRules, filesMaxBytes, formValidatorCompiler } from './form-schema.ts';
import type { HttpServer } from './server.ts';

/** Forms held at once; more are 503 with Retry-After. Bounds the memory of a replica: each holds its files once. */
const maxForms = 24;
const formTimeoutMs = 20_000;
/** Beyond what its files may have: the other fields, and files so large that only their size is told. */
const spareBytes = 16 * 1024 * 1024;

/**
 * Takes multipart forms, and nothing else, on the routes of this encapsulated instance. Their schema is one TypeBox object
 * of FileField, JsonField and plain fields under `formBody`: it validates, types and documents the form. Call it behind
 * `requireApiKey`, so that only accepted callers occupy memory.
 */
export function acceptForms(
  server: HttpServer,
  options: { maxForms?: number; timeoutMs?: number } = {},
): void {
  server.setValidatorCompiler(formValidatorCompiler);
  boundMemory(server, options.maxForms ?? maxForms);
  readOnlyForms(server, options.timeoutMs ?? formTimeoutMs);
}

function boundMemory(server: FastifyInstance, limit: number): void {
  let forms = 0;
  server.addHook('onRequest', async (_request, reply) => {
    if (forms >= limit) {
      throw new DetailError(503, 'Too many uploads at once. Try again shortly.', { retryAfterSeconds: 1 });
    }
    forms += 1;
    reply.raw.once('close', () => {
      forms -= 1;
    });
  });
}

function readOnlyForms(server: FastifyInstance, timeoutMs: number): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', async (request: FastifyRequest) => {
    const type = request.headers['content-type'] ?? '';
    throw new DetailError(415, `Unsupported media type "${type.slice(0, 100)}" in request.`);
  });
  server.addContentTypeParser(
    /^multipart\/form-data\b/i,
    (request: FastifyRequest, payload: IncomingMessage) => {
      const { body } = request.routeOptions.schema ?? {};
      return readForm(payload, request.headers, {
        maxBytes: filesMaxBytes(body) + spareBytes,
        timeoutMs,
        fileRules: (name) => fileRules(body, name),
      });
    },
  );
}
