import type { Adaptive } from './adaptive.ts';
import { defaultAdaptive, readAdaptive } from './adaptive.ts';
import { askedMethod, retriesUncertainLooks, searchesFaces } from './features/liveness.ts';
import type { LivenessMethod } from './features/liveness-method.ts';
import { features } from './features/registry.ts';
import type { RawSettings } from './features/settings.ts';
import type { FieldErrors, FieldReader, JsonObject } from './fields.ts';
import { isObject, readFields } from './fields.ts';
import type { Lockout } from './lockout.ts';
import { defaultLockout } from './lockout.ts';
import type { WorkflowStep } from './verdict.ts';
import { readSteps } from './workflow-steps.ts';

/** Types that the available features can fill. */
const workflowTypes = ['kyc', 'biometric_authentication'] as const;
type WorkflowType = (typeof workflowTypes)[number];

/** What one version of a workflow says. Immutable once stored: sessions pin it. */
export interface WorkflowDefinition {
  readonly workflow_label: string;
  readonly workflow_type: WorkflowType;
  readonly is_white_label_enabled: boolean;
  readonly is_desktop_allowed: boolean;
  readonly max_retry_attempts: number;
  /** null = for all time */
  readonly retry_window_days: number | null;
  readonly face_liveness_max_attempts: number;
  readonly face_match_max_attempts: number;
  /** Seconds that a session has from its creation or resubmission on. */
  readonly session_expiration_time: number;
  /** Absent in definitions stored before there was one: read it through `lockoutOf`. */
  readonly lockout?: Lockout;
  /** Likewise: read it through `adaptiveOf`. */
  readonly adaptive?: Adaptive;
  /** Likewise: read it through `isReusable`. */
  readonly is_reusable?: boolean;
  /** Likewise: read it through `adaptsTemplate`. */
  readonly adapts_template?: boolean;
  readonly steps: readonly WorkflowStep[];
}

/** A request to write a workflow: the definition that results and what concerns the workflow as a whole. */
export interface WorkflowWrite {
  readonly definition: WorkflowDefinition;
  readonly status: 'draft' | 'published' | null;
  /** null = unchanged */
  readonly isDefault: boolean | null;
}

const writableFields = [
  'workflow_label',
  'workflow_type',
  'is_default',
  'status',
  'features',
  'is_white_label_enabled',
  'is_desktop_allowed',
  'max_retry_attempts',
  'retry_window_days',
  'face_liveness_max_attempts',
  'face_match_max_attempts',
  'session_expiration_time',
  'lockout',
  'adaptive',
  'is_reusable',
  'adapts_template',
] as const;

const defaults: WorkflowDefinition = {
  workflow_label: 'ID Verification',
  // Enrolling a face is never a surprise: only a workflow that says kyc does it.
  workflow_type: 'biometric_authentication',
  is_white_label_enabled: false,
  is_desktop_allowed: false,
  max_retry_attempts: 3,
  retry_window_days: 7,
  face_liveness_max_attempts: 3,
  face_match_max_attempts: 3,
  session_expiration_time: 604_800,
  lockout: defaultLockout,
  steps: [],
};

/** Whether sessions of this workflow store the face for later sign-ins; without a subject there is none to store. */
export function enrols(definition: WorkflowDefinition, vendorData: string | null): boolean {
  return definition.workflow_type === 'kyc' && vendorData !== null;
}

/**
 * Whether a face that the subject has enrolled in another application of the organisation is as good as this one's own: a
 * verification that was made once is used again, by a selfie.
 */
export function isReusable({ is_reusable = false }: WorkflowDefinition): boolean {
  return is_reusable;
}

/** Whether an approved look may come to be part of the enrolled face, so that it ages with its person. */
export function adaptsTemplate({ adapts_template = false }: WorkflowDefinition): boolean {
  return adapts_template;
}

/** When sessions of this workflow lock their subject, device or network. */
export function lockoutOf(definition: WorkflowDefinition): Lockout {
  return definition.lockout ?? defaultLockout;
}

/** Which visits have to show more, and which less. */
export function adaptiveOf({ adaptive, workflow_type }: WorkflowDefinition): Adaptive {
  return adaptive ?? defaultAdaptive(workflow_type);
}

/** How this workflow asks for liveness; a session may have to be asked more strictly (`methodOf`). */
export function livenessMethodOf({ steps }: WorkflowDefinition): LivenessMethod {
  return askedMethod(livenessConfig(steps));
}

/** Whether a challenge that circumstances spoiled is to be tried again while attempts are left. */
export function retriesUncertain({ steps }: WorkflowDefinition): boolean {
  return retriesUncertainLooks(livenessConfig(steps));
}

/** Whether sessions of this workflow are searched for others with the same face. */
export function searches({ steps }: WorkflowDefinition): boolean {
  const step = steps.find((each) => each.feature === 'LIVENESS');
  return step !== undefined && searchesFaces(step.config);
}

function livenessConfig(steps: readonly WorkflowStep[]): RawSettings {
  return steps.find((step) => step.feature === 'LIVENESS')?.config ?? {};
}

/** Whether the face is compared with one on file. */
export function matches(definition: WorkflowDefinition): boolean {
  return definition.steps.some((step) => step.feature === 'FACE_MATCH');
}

/**
 * Reads the body of a workflow's creation, or of its update when `base` is given: then every field is optional and
 * `features` replaces the whole list.
 */
export function readWorkflowWrite(
  body: unknown,
  base?: WorkflowDefinition,
): { write: WorkflowWrite } | { errors: FieldErrors } {
  if (!isObject(body)) return { errors: { non_field_errors: ['Invalid data. Expected a dictionary.'] } };
  const fields = readFields(body);
  refuseUnknown(Object.keys(body), fields);
  const from = base ?? defaults;
  const limits = {
    face_liveness_max_attempts: fields.integer('face_liveness_max_attempts', 1, 3),
    face_match_max_attempts: fields.integer('face_match_max_attempts', 1, 3),
  };
  const steps = body.features === undefined && base ? inherit(base.steps, limits) : readSteps(fields, limits);
  const workflowType = fields.choice('workflow_type', workflowTypes) ?? from.workflow_type;
  const windowGiven = Object.hasOwn(body, 'retry_window_days');
  const definition: WorkflowDefinition = {
    workflow_label: fields.text('workflow_label', { max: 50 }) ?? from.workflow_label,
    workflow_type: workflowType,
    is_white_label_enabled: fields.flag('is_white_label_enabled') ?? from.is_white_label_enabled,
    is_desktop_allowed: fields.flag('is_desktop_allowed') ?? from.is_desktop_allowed,
    max_retry_attempts: fields.integer('max_retry_attempts', 0, 10) ?? from.max_retry_attempts,
    retry_window_days: windowGiven
      ? (fields.integer('retry_window_days', 1, 365) ?? null)
      : from.retry_window_days,
    face_liveness_max_attempts: limits.face_liveness_max_attempts ?? from.face_liveness_max_attempts,
    face_match_max_attempts: limits.face_match_max_attempts ?? from.face_match_max_attempts,
    session_expiration_time:
      fields.integer('session_expiration_time', 3_600, 2_419_200) ?? from.session_expiration_time,
    lockout: readLockout(body, fields, lockoutOf(from)),
    adaptive: adaptiveWrite(body, fields, workflowType, base),
    is_reusable: fields.flag('is_reusable') ?? isReusable(from),
    adapts_template: fields.flag('adapts_template') ?? adaptsTemplate(from),
    steps,
  };
  refuseWithoutComparison(definition, fields);
  const status = fields.choice('status', ['draft', 'published']) ?? null;
  const isDefault = fields.flag('is_default') ?? null;
  if (Object.keys(fields.errors).length > 0) return { errors: fields.errors };
  return { write: { definition, status, isDefault } };
}

/** Both settings are about the enrolled face that a sign-in is compared with; whoever enrols makes a new one. */
function refuseWithoutComparison(definition: WorkflowDefinition, { refuse }: FieldReader): void {
  if (definition.workflow_type === 'biometric_authentication' && matches(definition)) return;
  const words = 'Only a workflow of type biometric_authentication with FACE_MATCH can have this.';
  if (isReusable(definition)) refuse('is_reusable', [words]);
  if (adaptsTemplate(definition)) refuse('adapts_template', [words]);
}

/** A workflow that comes to enrol faces stops skipping, unless it says in the same breath that it goes on. */
function adaptiveWrite(
  body: JsonObject,
  fields: FieldReader,
  workflowType: WorkflowType,
  base: WorkflowDefinition | undefined,
): Adaptive {
  const initial = defaultAdaptive(workflowType);
  const from = base === undefined ? initial : adaptiveOf(base);
  const begins = base !== undefined && base.workflow_type !== workflowType && workflowType === 'kyc';
  return readAdaptive(
    body,
    fields,
    begins ? { ...from, allow_skip: initial.allow_skip } : from,
    workflowType,
  );
}

/** What is not given stays as it was. There is no way to switch it off: a verdict without a limit is an oracle. */
function readLockout(body: JsonObject, fields: FieldReader, from: Lockout): Lockout {
  if (body.lockout === null) {
    fields.refuse('lockout', [
      'Lock-outs cannot be switched off; give failures, window_seconds, lock_seconds.',
    ]);
  }
  const given = fields.object('lockout');
  if (given === undefined) return from;
  for (const key of Object.keys(given)
    .filter((key) => !Object.hasOwn(defaultLockout, key))
    .slice(0, 5)) {
    fields.refuse('lockout', [`${key.slice(0, 64)}: this field is not accepted.`]);
  }
  const inner = readFields(given, fields.errors, 'lockout');
  return {
    failures: inner.integer('failures', 1, 20) ?? from.failures,
    window_seconds: inner.integer('window_seconds', 60, 86_400) ?? from.window_seconds,
    lock_seconds: inner.integer('lock_seconds', 60, 86_400) ?? from.lock_seconds,
  };
}

function refuseUnknown(keys: string[], fields: FieldReader): void {
  for (const key of keys.filter((key) => !(writableFields as readonly string[]).includes(key)).slice(0, 20)) {
    fields.refuse(key, [`This field is not accepted. Accepted fields: ${writableFields.join(', ')}.`]);
  }
}

/** Limits given without features reach the steps that exist. */
function inherit(steps: readonly WorkflowStep[], limits: Record<string, number | undefined>): WorkflowStep[] {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return steps.map((step) => {
    const rules = features.find((feature) => feature.name === step.feature)?.settings ?? {};
    const own = given.filter(([key]) => Object.hasOwn(rules, key));
    return { ...step, config: { ...step.config, ...Object.fromEntries(own) } };
  });
}

/** The workflow as a graph, as full settings show it: its steps in a row and a node that lets their results decide. */
export function graphOf(steps: readonly WorkflowStep[]): Record<string, unknown> {
  const nodes = steps.map((step, index) => [
    step.node_id,
    {
      node_type: 'feature',
      feature: step.feature,
      config: step.config,
      label: step.label,
      next: steps[index + 1]?.node_id ?? 'status_final',
    },
  ]);
  const final = ['status_final', { node_type: 'status', session_status: 'Determine' }];
  return { start_node: steps[0]?.node_id ?? 'status_final', nodes: Object.fromEntries([...nodes, final]) };
}
