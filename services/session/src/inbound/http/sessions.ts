import { overloaded } from '@selfsame/http/admission';
import { Page } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { Context } from '../../context.ts';
import { readDecision, readSessions } from '../../decisions.ts';
import { letSessionIn } from '../../domain/intake.ts';
import type { Query } from '../../domain/session-filter.ts';
import { adaptiveView } from '../../domain/step-up.ts';
import type { CreatedSession } from '../../session-creation.ts';
import { createSession } from '../../session-creation.ts';
import { setSessionStatus } from '../../status-changes.ts';
import { setStepStatus } from '../../step-overrides.ts';
import { describedBody, granted, grantedSession } from './answers.ts';
import {
  CreatedSessionBody,
  CreateSessionBody,
  Open,
  refusals,
  SessionPath,
  StepPath,
  StepStatusBody,
  UpdateStatusBody,
} from './schemas.ts';

const tags = ['sessions'];

/** Routes of sessions; each line of the table of routes in the README is one here. */
export function sessionRoutes(api: HttpServer, context: Context): void {
  const { body: createBody, ...readCreate } = describedBody(CreateSessionBody);
  api.post(
    '/v3/session/',
    {
      ...readCreate,
      config: { rateBudget: 'session_create', work: 'new' },
      schema: {
        tags,
        summary: 'Create a session',
        body: createBody,
        response: { 201: CreatedSessionBody, ...refusals },
      },
    },
    async (request, reply) => {
      if (!letSessionIn(context.intake, performance.now())) throw overloaded();
      const created = granted(await createSession(context, request.principal, request.body));
      context.intake.creations.finished(reply.elapsedTime, performance.now());
      return reply.code(201).send(createdBody(created));
    },
  );

  const decision = Open('The decision: a block per feature, reviews, echoes of the request');
  api.get(
    '/v3/session/:id/decision/',
    {
      config: { audited: true, work: 'finishing' },
      schema: {
        tags,
        summary: 'Read the decision of a session, in any status',
        params: SessionPath,
        querystring: Type.Object({ include: Type.Optional(Type.String({ description: 'events' })) }),
        response: { 200: decision, ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      const withEvents = request.query.include?.split(',').includes('events') ?? false;
      const found = await grantedSession(context, request, id, () =>
        readDecision(context, request.principal, id, withEvents),
      );
      return found.decision;
    },
  );

  api.get(
    '/v3/sessions/',
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'List sessions, newest first',
        response: { 200: Page(Open('A session')), ...refusals },
      },
    },
    async (request) => {
      const { page } = granted(await readSessions(context, request.principal, request.query as Query));
      return page;
    },
  );

  statusRoutes(api, context);
}

function statusRoutes(api: HttpServer, context: Context): void {
  const { body: statusBody, ...readStatus } = describedBody(UpdateStatusBody);
  api.patch(
    '/v3/session/:id/update-status/',
    {
      ...readStatus,
      schema: {
        tags,
        summary: 'Decide by hand, or send steps back to the user',
        params: SessionPath,
        body: statusBody,
        response: { 200: Type.Object({ session_id: Type.String() }), ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { sessionId } = await grantedSession(context, request, id, () =>
        setSessionStatus(context, request.principal, id, request.body),
      );
      return { session_id: sessionId };
    },
  );

  const { body: stepBody, ...readStep } = describedBody(StepStatusBody);
  api.patch(
    '/v3/session/:id/features/:node/update-status/',
    {
      ...readStep,
      schema: {
        tags,
        summary: 'Correct the status of one step',
        params: StepPath,
        body: stepBody,
        response: { 200: Open('session_id, node_id, feature_type, new_status'), ...refusals },
      },
    },
    async (request) => {
      const { id, node } = request.params;
      const changed = await grantedSession(context, request, id, () =>
        setStepStatus(context, request.principal, id, node, request.body),
      );
      return {
        session_id: changed.sessionId,
        node_id: changed.nodeId,
        feature_type: changed.feature,
        new_status: changed.status,
      };
    },
  );
}

function createdBody({ session, workflow, token, url }: CreatedSession) {
  return {
    session_id: session.id,
    session_number: session.number,
    session_token: token,
    session_kind: 'user' as const,
    url,
    session_url: url,
    vendor_data: session.vendorData,
    metadata: session.metadata,
    callback: session.callback,
    status: session.state.status,
    workflow_id: workflow.id,
    workflow_version: workflow.version,
    adaptive: adaptiveView(session.stepUp),
  };
}
