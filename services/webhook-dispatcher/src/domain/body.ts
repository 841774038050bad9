import { canonicalJson, type Json, type JsonInput, parseJson, roundNumbers } from './canonical.ts';

/** Shapes of a webhook body: v3 holds the decision with arrays, v2 and v1 with one object a feature. */
export const webhookVersions = ['v1', 'v2', 'v3'] as const;
export type WebhookVersion = (typeof webhookVersions)[number];

/** The event that every change of a session's status becomes. */
export const statusUpdated = 'status.updated';

/** Event names that a destination may subscribe to. */
export const webhookEvents = [
  statusUpdated,
  'data.updated',
  'user.status.updated',
  'user.data.updated',
  'business.status.updated',
  'business.data.updated',
  'activity.created',
  'transaction.created',
  'transaction.status.updated',
  'travel_rule.status.updated',
] as const;

/** A session entered a status; texts are empty where the application gave none. */
export interface SessionEvent {
  readonly eventId: string;
  readonly applicationId: string;
  /** live or sandbox */
  readonly environment: string;
  readonly sessionId: string;
  /** Rises by one with every event of the session. */
  readonly sequence: number;
  /** Title Case. */
  readonly status: string;
  /** Empty, as the version is 0, for a session that an API call made. */
  readonly workflowId: string;
  readonly workflowVersion: number;
  readonly vendorData: string;
  readonly metadataJson: string;
  /** The V3 decision with the summary blocks (`liveness`, `face`, `id_verification`) beside its arrays. */
  readonly decisionJson: string;
  readonly resubmitInfoJson: string;
  readonly occurredAt: Date;
}

type JsonObject = { [key: string]: Json };

/** Statuses whose body holds the whole decision. */
const statusesWithDecision = new Set(['Approved', 'Declined', 'In Review', 'Abandoned']);

/** Summaries that stand at the top of the body as soon as there is a result. */
const summaries = ['liveness', 'face', 'id_verification'] as const;

/** What the application sent and gets back as it was; everything else in a decision is ours and rounded. */
const echoedKeys = new Set(['metadata', 'expected_details', 'contact_details', 'vendor_data']);

const singularNames = new Map([
  ['id_verifications', 'id_verification'],
  ['nfc_verifications', 'nfc'],
  ['liveness_checks', 'liveness'],
  ['face_matches', 'face_match'],
  ['phone_verifications', 'phone'],
  ['email_verifications', 'email'],
  ['poa_verifications', 'poa'],
  ['aml_screenings', 'aml'],
  ['ip_analyses', 'ip_analysis'],
  ['database_validations', 'database_validation'],
  ['questionnaire_responses', 'questionnaire'],
]);

/** Unix seconds of the event: the body's `created_at`, the same in every attempt. */
function createdAt(event: SessionEvent): number {
  return Math.floor(event.occurredAt.getTime() / 1000);
}

/**
 * The body that tells of a change of status, as canonical JSON, with `timestamp` still equal to `created_at`.
 *
 * @throws Error naming the field of the event that is not JSON
 */
export function sessionBody(event: SessionEvent, version: WebhookVersion): string {
  const decision = readDecision(event.decisionJson);
  const body: { [key: string]: JsonInput | undefined } = {
    event_id: event.eventId,
    webhook_type: statusUpdated,
    timestamp: createdAt(event),
    created_at: createdAt(event),
    application_id: event.applicationId,
    environment: event.environment,
    session_id: event.sessionId,
    sequence: event.sequence,
    status: event.status,
    // A session that an API call made belongs to no workflow.
    workflow_id: event.workflowId === '' ? null : event.workflowId,
    workflow_version: event.workflowId === '' ? null : event.workflowVersion,
    vendor_data: event.vendorData === '' ? undefined : event.vendorData,
    metadata: event.metadataJson === '' ? undefined : readJson('metadata', event.metadataJson),
  };
  for (const name of summaries) {
    const summary = decision?.[name];
    if (summary !== undefined && summary !== null) body[name] = summary;
  }
  if (decision !== undefined && statusesWithDecision.has(event.status)) {
    body.decision = version === 'v3' ? decision : singular(decision);
  }
  if (event.status === 'Resubmitted' && event.resubmitInfoJson !== '') {
    body.resubmit_info = readJson('resubmit_info', event.resubmitInfoJson);
  }
  return canonicalJson(body);
}

const timestampMember = '"timestamp":';

/**
 * The same body, signed at another time (unix seconds). Its digits are replaced where they stand, because parsing and
 * writing a body again costs more than all else in an attempt. Members that follow `timestamp` in canonical order are
 * plain strings and numbers, and a quote inside a string is escaped: the last occurrence is the member of the body.
 *
 * @throws Error when the body has no timestamp
 */
export function withTimestamp(body: string, timestamp: number): string {
  const start = body.lastIndexOf(timestampMember) + timestampMember.length;
  let end = start;
  while (isDigit(body.charCodeAt(end))) end += 1;
  if (start < timestampMember.length || end === start) throw new Error('a webhook body has no timestamp');
  return `${body.slice(0, start)}${timestamp}${body.slice(end)}`;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** The parser's own error quotes the text, which is nobody's business in a log. */
function readJson(name: string, text: string): Json {
  try {
    return parseJson(text);
  } catch {
    throw new Error(`the ${name} of a session event is not JSON`);
  }
}

function readDecision(text: string): JsonObject | undefined {
  if (text === '') return undefined;
  const decision = roundNumbers(readJson('decision', text), echoedKeys);
  return isObject(decision) ? decision : undefined;
}

/** One object a feature: where a feature ran more than once, its last run. */
function singular(decision: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(decision)) {
    const name = singularNames.get(key);
    if (name === undefined) {
      // The summary of a feature gives way to the feature's own object, which holds more under the same name.
      if (result[key] === undefined || result[key] === null) result[key] = value;
    } else {
      const last = Array.isArray(value) ? (value.at(-1) ?? null) : value;
      if (last !== null || result[name] === undefined) result[name] = last;
    }
  }
  return result;
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
