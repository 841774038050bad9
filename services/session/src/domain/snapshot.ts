import Type from 'typebox';
import { Value } from 'typebox/value';
import type { FeatureReport } from './features/feature.ts';
import { findFeature } from './features/registry.ts';
import type { Session } from './session.ts';
import type { Verdict } from './status.ts';
import { isOneOf, verdicts } from './status.ts';

/** How much of a session may leave it. */
export const shareScopes = ['kyc', 'kyc + aml', 'kyc + kyb'] as const;
export type ShareScope = (typeof shareScopes)[number];

/** Whatever shape a snapshot has: bump this when a reader of before would misread it. */
const version = 1;
/** What an event of the importing application holds beside everything else. */
const maxBytes = 32 * 1024;
/** Facts about a finding that are about the picture alone: neither other sessions nor the device. */
const sharedData = ['reason', 'challenge', 'asked', 'performed'];

const text = (maxLength: number) => Type.String({ maxLength });
const closed = { additionalProperties: false };
const oneOf = <const Value extends string>(values: readonly Value[]) =>
  Type.Unsafe<Value>({ type: 'string', enum: [...values] });

const Warning = Type.Object(
  {
    feature: text(64),
    risk: text(64),
    additional_data: Type.Union([Type.Null(), Type.Record(Type.String(), Type.Unknown())]),
    log_type: oneOf(['information', 'warning', 'error']),
    short_description: text(200),
    long_description: text(1_000),
    node_id: text(100),
  },
  closed,
);

const Report = Type.Object(
  {
    feature: text(64),
    node_id: text(100),
    status: oneOf(['Not Finished', 'Approved', 'Declined', 'In Review', 'Resub Requested', 'Expired']),
    score: Type.Union([Type.Null(), Type.Number({ minimum: 0, maximum: 100 })]),
    warnings: Type.Array(Warning, { maxItems: 50 }),
    details: Type.Record(Type.String(), Type.Union([Type.Number(), text(200), Type.Null()])),
  },
  closed,
);

const Snapshot = Type.Object(
  {
    version: Type.Literal(version),
    environment: oneOf(['live', 'sandbox']),
    status: oneOf(verdicts),
    decided_at: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?Z$' }),
    workflow_type: text(64),
    workflow_label: text(50),
    /** What the session's workflow checks, of what the scope holds. */
    features: Type.Array(text(64), { maxItems: 20 }),
    reports: Type.Array(Report, { maxItems: 20 }),
  },
  closed,
);

/** What of a finished session may leave it for a partner. */
export interface SessionSnapshot {
  readonly version: typeof version;
  readonly environment: 'live' | 'sandbox';
  readonly status: Verdict;
  readonly decided_at: string;
  readonly workflow_type: string;
  readonly workflow_label: string;
  readonly features: readonly string[];
  readonly reports: readonly FeatureReport[];
}

/**
 * Takes the snapshot of a finished session: results and findings of the checks in scope. Nothing by which the application knows its
 * user, nothing of others, no picture, and nothing of device and network. A check says itself what of it may leave (`shared`).
 * @returns null when the session has no verdict
 */
export function takeSnapshot(session: Session, scope: ShareScope): SessionSnapshot | null {
  const { status } = session.state;
  if (!isOneOf(verdicts, status)) return null;
  const { definition } = session.workflow;
  return {
    version,
    environment: session.application.environment,
    status,
    decided_at: session.statusChangedAt.toISOString(),
    workflow_type: definition.workflow_type,
    workflow_label: definition.workflow_label,
    features: definition.steps.map(({ feature }) => feature).filter((name) => isInScope(name, scope)),
    reports: (session.reports ?? [])
      .filter(({ feature }) => isInScope(feature, scope))
      .map((report) => withoutOthers(report)),
  };
}

function isInScope(name: string, scope: ShareScope): boolean {
  const part = findFeature(name)?.shared?.part;
  return part !== undefined && (part === 'kyc' || scope === `kyc + ${part}`);
}

/** Named one by one, so that what a report comes to hold stays here until somebody lets it go. */
function withoutOthers({ feature, node_id, status, score, warnings, details }: FeatureReport): FeatureReport {
  const kept = findFeature(feature)?.shared?.details ?? [];
  return {
    feature,
    node_id,
    status,
    score,
    warnings: warnings.map((warning) => ({
      ...warning,
      additional_data: warning.additional_data && nullIfEmpty(picked(warning.additional_data, sharedData)),
    })),
    details: picked(details, kept),
  };
}

function picked<Value>(
  from: Readonly<Record<string, Value>>,
  keys: readonly string[],
): Record<string, Value> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));
}

function nullIfEmpty<Value extends object>(value: Value): Value | null {
  return Object.keys(value).length === 0 ? null : value;
}

/** The bytes that travel. @throws Error when a session found more than a snapshot may hold */
export function writeSnapshot(snapshot: SessionSnapshot): Buffer {
  const bytes = Buffer.from(JSON.stringify(snapshot));
  if (bytes.length > maxBytes) throw new Error(`a snapshot of ${bytes.length} bytes is too large`);
  return bytes;
}

/** Why bytes are no snapshot for us: malformed, or of a release that knows more than this one. */
export type SnapshotRefusal = 'snapshot_invalid' | 'snapshot_newer';

/**
 * Reads a snapshot whole or not at all: a check that this release does not know would be missing from the decision.
 * @param scope what the share holds; a check beyond it is a mistake
 */
export function readSnapshot(
  bytes: Uint8Array,
  scope: string,
): { snapshot: SessionSnapshot } | { refusal: SnapshotRefusal } {
  const value = bytes.length > maxBytes ? undefined : parsed(bytes);
  if (!Value.Check(Type.Object({ version: Type.Integer({ minimum: 1 }) }), value)) {
    return { refusal: 'snapshot_invalid' };
  }
  if (value.version > version) return { refusal: 'snapshot_newer' };
  if (!Value.Check(Snapshot, value)) return { refusal: 'snapshot_invalid' };
  const names = [...value.features, ...value.reports.map(({ feature }) => feature)];
  if (names.some((name) => findFeature(name) === undefined)) return { refusal: 'snapshot_newer' };
  const known = shareScopes.find((each) => each === scope);
  if (known === undefined || !names.every((name) => isInScope(name, known))) {
    return { refusal: 'snapshot_invalid' };
  }
  return { snapshot: value };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
