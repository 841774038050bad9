import { isIP } from 'node:net';
import type { FieldReader, JsonObject } from './fields.ts';
import { readFields } from './fields.ts';
import { languages } from './languages.ts';

const documentTypes = new Set(['P', 'ID', 'DL', 'RP', 'HIC', 'TC', 'SSC']);

/** Reads `contact_details`: exactly the known keys that were sent, null when there are none. */
export function readContactDetails(outer: FieldReader): JsonObject | null {
  const given = outer.object('contact_details');
  if (given === undefined) return null;
  const fields = readFields(given, outer.errors, 'contact_details');
  return onlySent(given, {
    email: readEmail(fields, 'email'),
    send_notification_emails: fields.flag('send_notification_emails'),
    email_lang: fields.choice('email_lang', languages),
    phone: matching(
      fields,
      'phone',
      /^\+[1-9]\d{6,14}$/,
      'Enter a phone number in E.164 format, such as +34600000000.',
    ),
  });
}

/** Reads `expected_details`: exactly the known keys that were sent, null when there are none. */
export function readExpectedDetails(outer: FieldReader): JsonObject | null {
  const given = outer.object('expected_details');
  if (given === undefined) return null;
  const fields = readFields(given, outer.errors, 'expected_details');
  const country = (name: string) =>
    matching(fields, name, /^[A-Z]{3}$/, 'Enter an ISO 3166-1 alpha-3 country code.');
  const details = {
    first_name: fields.text('first_name', { max: 255 }),
    last_name: fields.text('last_name', { max: 255 }),
    date_of_birth: readDate(fields, 'date_of_birth'),
    gender: fields.choice('gender', ['M', 'F']),
    nationality: country('nationality'),
    country: country('country'),
    id_country: country('id_country'),
    poa_country: country('poa_country'),
    address: fields.text('address', { max: 1_000 }),
    identification_number: fields.text('identification_number', { max: 255 }),
    ip_address: readIpAddress(fields),
    expected_document_types: readDocumentTypes(fields),
    company_name: fields.text('company_name', { max: 255 }),
    registry_country: fields.text('registry_country', { max: 10 }),
    registration_number: fields.text('registration_number', { max: 100 }),
  };
  if (details.address && details.country === undefined && details.poa_country === undefined) {
    fields.refuse('address', ['A country or poa_country is required when an address is given.']);
  }
  return onlySent(given, details);
}

/** Keeps the keys that the caller sent; a key sent as null stays null. */
function onlySent(given: JsonObject, read: Record<string, unknown>): JsonObject | null {
  const sent = Object.entries(read).filter(([key]) => Object.hasOwn(given, key));
  if (sent.length === 0) return null;
  return Object.fromEntries(sent.map(([key, value]) => [key, value ?? null]));
}

function matching(
  fields: FieldReader,
  name: string,
  pattern: RegExp,
  mistake: string,
  max = 255,
): string | undefined {
  const value = fields.text(name, { max });
  return value === undefined || pattern.test(value) ? value : fields.refuse(name, [mistake]);
}

/** An e-mail address, roughly: only a mail that arrives proves more. */
export function readEmail(fields: FieldReader, name: string): string | undefined {
  return matching(fields, name, /^[^\s@]{1,64}@[^\s@]+\.[^\s@.]+$/, 'Enter a valid email address.', 254);
}

/** A calendar date as `YYYY-MM-DD` that exists. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function readDate(fields: FieldReader, name: string): string | undefined {
  const value = fields.text(name);
  const mistake = 'Date has wrong format. Use one of these formats instead: YYYY-MM-DD.';
  return value === undefined || isDate(value) ? value : fields.refuse(name, [mistake]);
}

function readIpAddress(fields: FieldReader): string | undefined {
  const value = fields.text('ip_address');
  return value === undefined || isIP(value) !== 0
    ? value
    : fields.refuse('ip_address', ['Enter a valid IPv4 or IPv6 address.']);
}

function readDocumentTypes(fields: FieldReader): string[] | undefined {
  const given = fields.array('expected_document_types');
  if (given === undefined) return undefined;
  const types = new Set(
    given.slice(0, 50).map((item) => (typeof item === 'string' ? item.toUpperCase() : '')),
  );
  const known = [...types].every((type) => documentTypes.has(type));
  return known
    ? [...types]
    : fields.refuse('expected_document_types', [`Use any of ${[...documentTypes].join(', ')}.`]);
}
