import type { AdaptiveOverride } from './adaptive.ts';
import { readAdaptiveOverride } from './adaptive.ts';
import { isDeviceToken } from './device-token.ts';
import type { FieldErrors, JsonObject } from './fields.ts';
import { isObject, readFields } from './fields.ts';
import { languages } from './languages.ts';
import { refusedSchemes } from './links.ts';
import { readContactDetails, readExpectedDetails } from './person-details.ts';
import { decodePortrait } from './portrait.ts';
import type { CallbackMethod } from './session.ts';
import { callbackMethods } from './session.ts';

/** What an application asks for when it creates a session. null = not given. */
export interface SessionRequest {
  /** Workflow id, version id or slug. */
  readonly workflowRef: string;
  readonly workflowType: string | null;
  readonly vendorData: string | null;
  readonly callback: string | null;
  readonly callbackMethod: CallbackMethod;
  /** Any JSON value, as text; undefined when the key was absent. */
  readonly metadataJson: string | undefined;
  readonly language: string | null;
  readonly contactDetails: JsonObject | null;
  readonly expectedDetails: JsonObject | null;
  readonly portrait: Buffer | null;
  /** What this session changes of its workflow's step-up. */
  readonly adaptive: AdaptiveOverride | null;
  /** Names a device of the user; has the form of a token, whoever made it. */
  readonly deviceToken: string | null;
}

/** Metadata travels in every event of its session. */
export const metadataMaxBytes = 32 * 1024;
const callbackMaxLength = 2_048;

/** Reads the body of `POST /v3/session/`. Unknown fields are ignored. */
export function readSessionRequest(body: unknown): { request: SessionRequest } | { errors: FieldErrors } {
  const fields = readFields(isObject(body) ? body : {});
  const workflowRef = fields.required('workflow_id') ? fields.text('workflow_id', { max: 100 }) : undefined;
  const request: SessionRequest = {
    workflowRef: workflowRef ?? '',
    workflowType: fields.text('workflow_type', { max: 100 }) ?? null,
    vendorData: fields.text('vendor_data', { max: 256 }) || null,
    callback: readCallback(fields.text('callback', { max: callbackMaxLength }), fields.refuse),
    callbackMethod: fields.choice('callback_method', callbackMethods) ?? 'initiator',
    metadataJson: readMetadata(isObject(body) ? body : {}, fields.refuse),
    language: fields.choice('language', languages) ?? null,
    contactDetails: readContactDetails(fields),
    expectedDetails: readExpectedDetails(fields),
    adaptive: readAdaptiveOverride(fields),
    deviceToken: readDeviceToken(fields.text('device_token', { max: 200 }), fields.refuse),
    portrait: readPortrait(fields.text('portrait_image'), fields.refuse),
  };
  return Object.keys(fields.errors).length > 0 ? { errors: fields.errors } : { request };
}

type Refuse = (name: string, text: string[]) => undefined;

function readCallback(text: string | undefined, refuse: Refuse): string | null {
  if (text === undefined || text === '') return null;
  const url = URL.parse(text);
  if (url === null || refusedSchemes.has(url.protocol) || /[\s\\<>"]/.test(text)) {
    refuse('callback', ['Enter a valid URL.']);
    return null;
  }
  return text;
}

function readMetadata(body: JsonObject, refuse: Refuse): string | undefined {
  if (!Object.hasOwn(body, 'metadata')) return undefined;
  const text = JSON.stringify(body.metadata);
  if (Buffer.byteLength(text) > metadataMaxBytes) {
    return refuse('metadata', [`Ensure this field has no more than ${metadataMaxBytes} bytes.`]);
  }
  return text;
}

function readDeviceToken(text: string | undefined, refuse: Refuse): string | null {
  if (text === undefined || text === '') return null;
  if (isDeviceToken(text)) return text;
  refuse('device_token', ['This is not a device token: send one as a decision has shown it.']);
  return null;
}

function readPortrait(text: string | undefined, refuse: Refuse): Buffer | null {
  if (text === undefined || text === '') return null;
  const portrait = decodePortrait(text);
  if ('image' in portrait) return portrait.image;
  refuse('portrait_image', [portrait.mistake]);
  return null;
}
