import { Page } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import { DetailError } from '@selfsame/http/server';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Context } from '../../context.ts';
import type { Query } from '../../domain/session-filter.ts';
import {
  createWorkflow,
  deleteWorkflow,
  readWorkflow,
  readWorkflows,
  updateWorkflow,
} from '../../workflows.ts';
import { describedBody, granted } from './answers.ts';
import { Open, refusals, WorkflowBody, WorkflowPath } from './schemas.ts';

const tags = ['workflows'];
const settings = Open('The full settings of a workflow version');

/** Routes of workflows. Writes insist on a JSON content type. */
export function workflowRoutes(api: HttpServer, context: Context): void {
  const { body, ...readBody } = describedBody(WorkflowBody);
  api.get(
    '/v3/workflows/',
    {
      config: { audited: false },
      schema: { tags, summary: 'List workflows', response: { 200: Page(Open('A workflow')), ...refusals } },
    },
    (request) => readWorkflows(context, request.principal, request.query as Query),
  );
  api.post(
    '/v3/workflows/',
    {
      ...readBody,
      preParsing: requireJson,
      schema: { tags, summary: 'Create a workflow', body, response: { 201: settings, ...refusals } },
    },
    async (request, reply) => {
      const created = granted(await createWorkflow(context, request.principal, request.body));
      return reply.code(201).send(created.settings);
    },
  );
  api.get(
    '/v3/workflows/:ref/',
    {
      config: { audited: false },
      schema: {
        tags,
        summary: 'Read a workflow',
        params: WorkflowPath,
        response: { 200: settings, ...refusals },
      },
    },
    async (request) => granted(await readWorkflow(context, request.principal, request.params.ref)).settings,
  );
  api.patch(
    '/v3/workflows/:ref/',
    {
      ...readBody,
      preParsing: requireJson,
      schema: {
        tags,
        summary: 'Change a workflow, in place or as a new version',
        params: WorkflowPath,
        body,
        response: { 200: settings, ...refusals },
      },
    },
    async (request) =>
      granted(await updateWorkflow(context, request.principal, request.params.ref, request.body)).settings,
  );
  api.delete(
    '/v3/workflows/:ref/',
    {
      schema: {
        tags,
        summary: 'Delete a workflow',
        params: WorkflowPath,
        response: { 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      granted(await deleteWorkflow(context, request.principal, request.params.ref));
      return reply.code(204).send(null);
    },
  );
}

async function requireJson(request: FastifyRequest): Promise<void> {
  const type = request.headers['content-type'] ?? '';
  if (/^application\/([\w.-]+\+)?json\b/i.test(type)) return;
  throw new DetailError(415, `Unsupported media type "${type.slice(0, 100)}" in request.`);
}
