import { domainToASCII } from 'node:url';
import { alpha2 } from './countries.ts';
import { rangeKey, readIpRange } from './ip-range.ts';
import type { ValueType } from './types.ts';

/** A value that can be on a list. */
export interface ListValue {
  /** As it was typed, without the space around it. */
  readonly shown: string;
  /** Equal for values that mean the same. */
  readonly normal: string;
}

/** Starts the names that we give to devices. */
const ourDevices = 'selfsame-fp-';

/** Reads a value of a list's type. @returns the mistake, for the caller; it never repeats the value */
export function readValue(type: ValueType, text: string): ListValue | { readonly mistake: string } {
  if (text.includes('\0')) return { mistake: 'Null characters are not allowed.' };
  const shown = type === 'user' ? text : text.trim();
  if (shown.trim() === '') return { mistake: 'This field may not be blank.' };
  const { max, read } = rules[type];
  if (shown.length > max) return { mistake: `Ensure this field has no more than ${max} characters.` };
  const normal = read(shown);
  return typeof normal === 'string' ? { shown, normal } : normal;
}

interface Rule {
  /** Characters. */
  readonly max: number;
  /** The text that is equal for all that means the same. */
  read(text: string): string | { readonly mistake: string };
}

function rule(max: number, normalise: (text: string) => string | null, mistake: string): Rule {
  return { max, read: (text) => normalise(text) ?? { mistake } };
}

const rules: Record<ValueType, Rule> = {
  ip_address: {
    max: 64,
    read(text) {
      const range = readIpRange(text);
      return 'mistake' in range ? range : rangeKey(range);
    },
  },
  device_fingerprint: rule(
    256,
    normalDevice,
    'Enter a device as decisions name it (selfsame-fp- and 32 hexadecimal digits), or an id of your own with at least 8 ' +
      'letters and digits.',
  ),
  user: { max: 256, read: normalUser },
  country: rule(3, alpha2, 'Enter an ISO 3166-1 country code of two or three letters.'),
  email: rule(254, normalEmail, 'Enter a valid email address.'),
  phone: rule(40, normalPhone, 'Enter a phone number in E.164 format, such as +34600000000.'),
};

/** vendor_data is the application's own; letters count the same in either case. */
export function normalUser(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

function normalDevice(text: string): string | null {
  const lower = text.toLowerCase();
  if (isOurDeviceName(lower)) return /^selfsame-fp-[0-9a-f]{32}$/.test(lower) ? lower : null;
  const plain = lower.replace(/[-_.:]/g, '');
  return /^[a-z0-9]{8,}$/.test(plain) ? lower : null;
}

function normalEmail(text: string): string | null {
  const [, local, domain] = /^([^\s@]{1,64})@([^\s@]+\.[^\s@.]+)$/.exec(text) ?? [];
  if (local === undefined || domain === undefined) return null;
  // Both spellings of a domain with letters beyond ASCII are one.
  return `${local.normalize('NFC').toLowerCase()}@${domainToASCII(domain) || domain.toLowerCase()}`;
}

function normalPhone(text: string): string | null {
  const digits = text.replace(/[\s().-]/g, '');
  return /^\+[1-9]\d{6,14}$/.test(digits) ? digits : null;
}

/** Whether a text claims to be a name that we gave; only our own proof makes it one. */
export function isOurDeviceName(text: string): boolean {
  return text.toLowerCase().startsWith(ourDevices);
}
