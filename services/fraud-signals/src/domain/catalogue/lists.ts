import { type Signal, signal } from '../signal.ts';

const shared = { category: 'lists', source: 'list', sensitivity: 'none', version: 1 } as const;
/** Decides by itself; whoever is on a blocklist is declined whatever else is known. */
const blocked = { ...shared, type: 'bool', weight: 60 } as const;
const allowed = { ...shared, type: 'bool' } as const;

const itself = (value: boolean | null) => value;
/** An allowlist speaks for nobody who is on a blocklist, be it by another of their traits. */
const unlessBlocked = (value: boolean, _: boolean | null, isBlocked: boolean | null) =>
  value && isBlocked !== true;

/** Whether the visit is on a list of the application. */
export const listsSignals: readonly Signal[] = [
  signal({
    ...blocked,
    id: 'ip_in_customer_blocklist',
    description: 'The address, or a range that holds it, is on the application’s blocklist',
    risk: 'Abuse that this application has confirmed',
    reads: ['lists.ip_blocked'],
    extract: itself,
  }),
  signal({
    ...allowed,
    id: 'ip_in_customer_allowlist',
    description: 'The address, or a range that holds it, is on an allowlist of the application',
    risk: 'A known office or test range: takes weight off, unless something of the visit is on a blocklist',
    weight: -30,
    reads: ['lists.ip_allowed', 'lists.is_blocked'],
    extract: itself,
    raises: unlessBlocked,
  }),
  signal({
    ...blocked,
    id: 'ip_country_sanctioned',
    description: 'The country of the address is on the application’s blocklist of countries',
    risk: 'A country that the application does not serve',
    reads: ['lists.country_blocked'],
    extract: itself,
  }),
  signal({
    ...allowed,
    id: 'ip_country_in_customer_allowlist',
    description: 'The country of the address is on an allowlist of the application',
    risk: 'A country that the application knows its users to be in: a hint for the client',
    weight: -5,
    reads: ['lists.country_allowed', 'lists.is_blocked'],
    extract: itself,
    raises: unlessBlocked,
  }),
  signal({
    ...blocked,
    id: 'dev_in_tenant_blocklist',
    description: 'The device is on the application’s blocklist',
    risk: 'A device of confirmed abuse, or one that was reported lost',
    reads: ['lists.device_blocked'],
    extract: itself,
  }),
  signal({
    ...allowed,
    id: 'dev_in_tenant_allowlist',
    description: 'The device is on an allowlist of the application',
    risk: 'A device that the application vouches for: takes weight off, unless something is on a blocklist',
    weight: -30,
    reads: ['lists.device_allowed', 'lists.is_blocked'],
    extract: itself,
    raises: unlessBlocked,
  }),
  signal({
    ...blocked,
    id: 'usr_in_tenant_blocklist',
    description: 'The user is on the application’s blocklist',
    risk: 'Abuse that this application has confirmed',
    reads: ['lists.user_blocked'],
    extract: itself,
  }),
  signal({
    ...allowed,
    id: 'usr_in_tenant_allowlist',
    description: 'The user is on an allowlist of the application',
    risk: 'A user that the application vouches for: takes weight off, unless something is on a blocklist',
    weight: -30,
    reads: ['lists.user_allowed', 'lists.is_blocked'],
    extract: itself,
    raises: unlessBlocked,
  }),
  signal({
    ...blocked,
    id: 'eml_in_tenant_blocklist',
    description: 'The e-mail address that the application gave is on its blocklist',
    risk: 'Abuse that this application has confirmed, under another name',
    reads: ['lists.email_blocked'],
    extract: itself,
  }),
  signal({
    ...allowed,
    id: 'eml_in_tenant_allowlist',
    description: 'The e-mail address that the application gave is on one of its allowlists',
    risk: 'An address that the application vouches for: takes weight off, unless something is on a blocklist',
    weight: -15,
    reads: ['lists.email_allowed', 'lists.is_blocked'],
    extract: itself,
    raises: unlessBlocked,
  }),
  signal({
    ...blocked,
    id: 'phn_in_tenant_blocklist',
    description: 'The phone number that the application gave is on its blocklist',
    risk: 'Abuse that this application has confirmed, under another name',
    reads: ['lists.phone_blocked'],
    extract: itself,
  }),
  signal({
    ...allowed,
    id: 'phn_in_tenant_allowlist',
    description: 'The phone number that the application gave is on one of its allowlists',
    risk: 'A number that the application vouches for: takes weight off, unless something is on a blocklist',
    weight: -15,
    reads: ['lists.phone_allowed', 'lists.is_blocked'],
    extract: itself,
    raises: unlessBlocked,
  }),
  signal({
    ...shared,
    id: 'lst_custom_lists',
    type: 'string',
    description: 'Ids of the application’s custom lists that the visit is on, sorted and joined by commas',
    risk: 'What the application makes of it: a step-up rule may ask whether the value contains a list’s id',
    weight: 0,
    reads: ['lists.custom'],
    extract: (lists) => (lists === null ? null : lists.join(',')),
  }),
];
