import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DetailError } from './errors.ts';
import { createFormBudget } from './form-budget.ts';
import { readForm, textsMaxBytes } from './form-reader.ts';
import { fileRules, filesMaxBytes } from './form-schema.ts';
import { formValidatorCompiler } from './form-validation.ts';
import { parseJsonBodies } from './json-body.ts';
import type { HttpServer } from './server.ts';

/** Of forms under way in a process: eight of the largest ones. What they hold is copied twice on its way to biometrics. */
const formsMaxBytes = 80 * 1024 * 1024;
const formTimeoutMs = 20_000;
/** Beyond what its files may have: the other fields, and files so large that only their size is told. */
const spareBytes = 16 * 1024 * 1024;

/**
 * Takes multipart forms, and nothing else, on the routes of this encapsulated instance. Their schema is one TypeBox object
 * of FileField, JsonField and plain fields under `formBody`: it validates, types and documents the form. Call it behind
 * `requireApiKey`, so that only accepted callers occupy memory.
 *
 * @param options.orJson bodies may come as JSON, too: see `formOrJsonBody`
 */
export function acceptForms(
  server: HttpServer,
  options: { formsMaxBytes?: number; timeoutMs?: number; orJson?: boolean } = {},
): void {
  server.setValidatorCompiler(formValidatorCompiler);
  boundMemory(server, options.formsMaxBytes ?? formsMaxBytes);
  if (options.orJson) parseJsonBodies(server);
  else refuseOtherBodies(server);
  readForms(server, options.timeoutMs ?? formTimeoutMs);
}

function boundMemory(server: FastifyInstance, maxBytes: number): void {
  const budget = createFormBudget(maxBytes);
  server.addHook('onRoute', (route) => {
    route.handler = budget.during(route.handler);
  });
  server.addHook('onRequest', async (request, reply) => {
    const largest = filesMaxBytes(request.routeOptions.schema?.body) + textsMaxBytes;
    const told = request.headers['content-length'];
    budget.enter(request, reply, told === undefined ? largest : Math.min(Number(told), largest));
  });
}

function refuseOtherBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', async (request: FastifyRequest) => {
    const type = request.headers['content-type'] ?? '';
    throw new DetailError(415, `Unsupported media type "${type.slice(0, 100)}" in request.`);
  });
}

function readForms(server: FastifyInstance, timeoutMs: number): void {
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
