import { DetailBody, FieldErrorBody, IsoTime, Nullable, Uuid } from '@selfsame/http/schemas';
import Type from 'typebox';
import { settableStatuses, statuses } from '../../domain/status.ts';

const oneOf = <const Value extends string>(values: readonly Value[], description: string) =>
  Type.Unsafe<Value>({ type: 'string', enum: [...values], description });

/** An object whose keys the guide describes. */
export const Open = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description });

export const SessionPath = Type.Object({ id: Uuid('Session id') });
export const StepPath = Type.Object({
  id: Uuid('Session id'),
  node: Type.String({ description: 'Step of the workflow, or "default" for the first' }),
});
export const WorkflowPath = Type.Object({
  ref: Type.String({ description: 'Version id, workflow id or slug' }),
});

/** 4xx answers that every route can give. */
export const refusals = { 400: FieldErrorBody, 401: DetailBody, 404: DetailBody, 429: DetailBody };

const stepUpRules = Type.Array(Type.Unknown(), {
  description:
    'Tried in order, the first match wins: {name, logic: and | or, rules: [{field, operator, value}], action: SKIP | PASSIVE | FLASHING | ACTIVE_3D}; fields are signals, risk_score, risk_level. At most 20 rules of 10 conditions each, and 16 KiB of JSON together',
});

export const CreateSessionBody = Type.Object({
  workflow_id: Type.String({
    description: 'Workflow id, version id or slug; its latest published version is used',
  }),
  workflow_type: Type.Optional(Type.String({ description: 'Must match the workflow when given' })),
  vendor_data: Type.Optional(Type.String({ maxLength: 256, description: 'Your stable id of the user' })),
  callback: Type.Optional(
    Type.String({ description: 'Where the browser goes afterwards; own schemes are fine' }),
  ),
  callback_method: Type.Optional(oneOf(['initiator', 'completer', 'both'], 'Which device is redirected')),
  metadata: Type.Optional(
    Type.Unknown({
      description:
        'Any JSON, at most 32 KiB; echoed, never shown to the user. device_id and from_ip in it name the device and the address of your user: a waiting session that names others is not returned',
    }),
  ),
  language: Type.Optional(
    Type.String({ description: 'Interface language; the browser decides when absent' }),
  ),
  contact_details: Type.Optional(Open('email, phone, email_lang, send_notification_emails')),
  expected_details: Type.Optional(
    Open(
      'What you know of the user, to compare with. From another network than ip_address nobody skips the selfie',
    ),
  ),
  portrait_image: Type.Optional(
    Type.String({ description: 'Base64 JPEG, PNG, WebP or TIFF of at most 2 MB: the face to compare with' }),
  ),
  adaptive: Type.Optional(
    Type.Object(
      { rules: Type.Optional(stepUpRules), allow_skip: Type.Optional(Type.Boolean()) },
      {
        description:
          'Rules for this session in place of those of its workflow, stricter or not; may forbid skipping the selfie, and never allows it where the workflow does not',
      },
    ),
  ),
  device_token: Type.Optional(
    Type.String({ description: 'Of an earlier decision: names a device of this user' }),
  ),
});

export const CreatedSessionBody = Type.Object({
  session_id: Uuid(),
  session_number: Type.Integer({ description: 'Counts up per application, without gaps' }),
  session_token: Type.String({ description: '12 URL-safe characters, part of the link' }),
  session_kind: Type.Literal('user'),
  url: Type.String({ description: 'Send the user here' }),
  session_url: Type.String({ description: 'The same link' }),
  vendor_data: Nullable(Type.String()),
  metadata: Type.Unknown(),
  callback: Nullable(Type.String()),
  status: oneOf(statuses, 'Not Started for a new session; Approved where no selfie is needed'),
  workflow_id: Uuid(),
  workflow_version: Type.Integer(),
  adaptive: Nullable(
    Open('What the session has come to so far: skipped_selfie and why; null until it was opened'),
  ),
});

export const UpdateStatusBody = Type.Object({
  new_status: oneOf(settableStatuses, 'The status to enter'),
  comment: Type.Optional(Type.String()),
  nodes_to_resubmit: Type.Optional(
    Type.Array(Type.Unknown(), {
      description: '{node_id, feature} or bare node ids; every step not approved when absent',
    }),
  ),
  send_email: Type.Optional(Type.Boolean({ description: 'Recorded; this installation sends no mail' })),
  email_address: Type.Optional(Type.String()),
  email_language: Type.Optional(Type.String()),
});

export const StepStatusBody = Type.Object({
  new_status: oneOf(['Approved', 'Declined', 'In Review'], 'The status of the step'),
  comment: Type.Optional(Type.String()),
});

export const ReviewBody = Type.Object({
  comment: Type.String(),
  new_status: Type.Optional(oneOf(statuses, 'Noted, not applied')),
});

export const ReviewEntry = Type.Object({
  uuid: Uuid(),
  activity_type: Type.String(),
  actor_type: Type.String(),
  actor_display: Type.String(),
  new_status: Nullable(Type.String()),
  previous_status: Nullable(Type.String()),
  comment: Nullable(Type.String()),
  created_at: IsoTime(),
});

export const ReviewNote = Type.Object({
  user: Type.String(),
  new_status: Nullable(Type.String()),
  comment: Nullable(Type.String()),
  created_at: IsoTime(),
});

export const WorkflowBody = Type.Object({
  workflow_label: Type.Optional(Type.String({ maxLength: 50 })),
  workflow_type: Type.Optional(oneOf(['kyc', 'biometric_authentication'], 'kyc enrols the face')),
  is_default: Type.Optional(Type.Boolean()),
  status: Type.Optional(oneOf(['draft', 'published'], 'published when absent')),
  features: Type.Optional(
    Type.Array(Type.Unknown(), { description: 'Steps in order: {feature, config, label}' }),
  ),
  is_white_label_enabled: Type.Optional(Type.Boolean()),
  is_desktop_allowed: Type.Optional(Type.Boolean()),
  max_retry_attempts: Type.Optional(Type.Integer({ minimum: 0, maximum: 10 })),
  retry_window_days: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 365 }))),
  face_liveness_max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 3 })),
  face_match_max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 3 })),
  session_expiration_time: Type.Optional(
    Type.Integer({ minimum: 3600, maximum: 2419200, description: 'Seconds' }),
  ),
  lockout: Type.Optional(
    Type.Object(
      {
        failures: Type.Optional(Type.Integer({ minimum: 1, maximum: 20 })),
        window_seconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 86400 })),
        lock_seconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 86400 })),
      },
      { description: 'So many failed looks within the window, and no picture is looked at for a while' },
    ),
  ),
  is_reusable: Type.Optional(
    Type.Boolean({
      description: 'Compares with the face that the user has enrolled in any application of the organisation',
    }),
  ),
  adapts_template: Type.Optional(
    Type.Boolean({ description: 'The enrolled face ages with its user, by sign-ins that leave no doubt' }),
  ),
  adaptive: Type.Optional(
    Nullable(
      Type.Object(
        {
          enabled: Type.Optional(Type.Boolean({ description: 'false unless given' })),
          allow_skip: Type.Optional(
            Type.Boolean({
              description:
                'Who is known on device and network may go on without a selfie, by a press; false for kyc unless given',
            }),
          ),
          allow_at_creation: Type.Optional(
            Type.Boolean({
              description:
                'Also before there is a page, on the word of the application and without a press; false unless given',
            }),
          ),
          rules: Type.Optional(stepUpRules),
        },
        { description: 'What visits have to show, by device, network and risk' },
      ),
    ),
  ),
});
