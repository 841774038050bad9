import type { FieldErrors } from './fields.ts';
import { isObject, readFields } from './fields.ts';
import { languages } from './languages.ts';
import { readEmail } from './person-details.ts';
import type { SettableStatus } from './status.ts';
import { settableStatuses } from './status.ts';

/** What an application asks for when it decides by hand. */
export interface StatusChange {
  readonly newStatus: SettableStatus;
  readonly comment: string | null;
  /** As it came; only looked at for a resubmission. */
  readonly nodesToResubmit: unknown;
  /** The notification that was asked for, null when none was. */
  readonly notification: { readonly email_address: string; readonly email_language: string } | null;
}

export const commentMaxLength = 5_000;

/** Reads the body of `PATCH …/update-status/`. */
export function readStatusChange(body: unknown): { change: StatusChange } | { errors: FieldErrors } {
  const fields = readFields(isObject(body) ? body : {});
  const newStatus = fields.required('new_status') ? fields.choice('new_status', settableStatuses) : undefined;
  const comment = fields.text('comment', { max: commentMaxLength }) ?? null;
  const sendEmail = fields.flag('send_email') ?? false;
  const address = readEmail(fields, 'email_address');
  const language = fields.text('email_language', { max: 20 });
  if (sendEmail && !address)
    fields.refuse('email_address', ['This field is required when send_email is true.']);
  if (newStatus === undefined || Object.keys(fields.errors).length > 0) return { errors: fields.errors };
  const known = language !== undefined && languages.includes(language);
  return {
    change: {
      newStatus,
      comment,
      nodesToResubmit: isObject(body) ? body.nodes_to_resubmit : undefined,
      notification:
        sendEmail && address ? { email_address: address, email_language: known ? language : 'en' } : null,
    },
  };
}
