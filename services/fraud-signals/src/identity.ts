import type { Context } from './context.ts';
import { formatAddress, networkOf, readAddress } from './domain/addresses.ts';
import { deviceTraits, fingerprintOf, hardwareRootOf, traitsOf } from './domain/device-traits.ts';
import type { FactName, Facts } from './domain/facts.ts';
import { localHour } from './domain/habits.ts';
import { type Place, placeOf as roundedPlace } from './domain/travel.ts';
import { agentOf, type DeviceClass } from './domain/user-agent.ts';
import { deviceHash, placeOf, subjectHash } from './marks.ts';
import type { Visit } from './visit.ts';

type Hash = Context['hash'];

/** Who and what a visit is about, as history keeps it: keyed hashes, and what singles nobody out. null: not told. */
export interface Identity {
  readonly subject: Buffer | null;
  /** Of its key, the same in every application; without a key, of what it looks like. */
  readonly device: Buffer | null;
  /** Within the application. */
  readonly deviceName: Buffer | null;
  readonly isProved: boolean;
  /** Under which it may be known: proved, or vouched for by the application before there is a page. */
  readonly knownName: Buffer | null;
  readonly cookie: Buffer | null;
  readonly network: Buffer | null;
  readonly prefix: Buffer | null;
  /** As the application named them itself. */
  readonly applicationDevice: Buffer | null;
  readonly applicationNetwork: Buffer | null;
  readonly asn: number | null;
  readonly country: string | null;
  readonly place: Place | null;
  readonly ja4: Buffer | null;
  readonly fingerprint: Buffer | null;
  readonly hardware: Buffer | null;
  /** Four bytes for each of deviceTraits. */
  readonly traits: Buffer | null;
  readonly camera: Buffer | null;
  readonly software: Software | null;
  readonly localHour: number | null;
}

/** What a user agent tells. */
export interface Software {
  readonly brand: string;
  readonly model: string;
  readonly browserFamily: string;
  readonly browserMajor: number | null;
  readonly osFamily: string;
  readonly osVersion: string;
  /** mobile, tablet, desktop or other */
  readonly platform: string;
}

const namePrefix = 'selfsame-fp-';
const traitBytes = 4;
/** Of addresses: /24 and /48. */
const prefixBits = { 4: 24, 6: 48 };

/** Reads a visit. At the creation of a session the application's word is all there is of device and address. */
export function identify({ hash }: Pick<Context, 'hash'>, visit: Visit): Identity {
  const { applicationId, facts, phase, now } = visit;
  const isCreation = phase === 'CREATION';
  const address = visit.ipAddress || (isCreation ? visit.applicationIpAddress : '');
  const text = (name: FactName) => textOf(facts, name);
  const hashed = (domain: 'ja4' | 'camera', value: string | null) => value && hash(domain, value);
  const fingerprint = fingerprintHash(hash, facts);
  const device = deviceOf(hash, visit, fingerprint);
  const asn = facts.get('net.asn');
  const applicationDevice = visit.applicationDeviceId
    ? hash('application-device', applicationId, visit.applicationDeviceId)
    : null;
  const deviceName = device && deviceHash(hash, applicationId, device.id);
  const hardware = hardwareRootOf(facts);
  return {
    subject: visit.vendorData === '' ? null : subjectHash(hash, applicationId, visit.vendorData),
    device: device?.id ?? null,
    deviceName,
    isProved: device?.isProved ?? false,
    knownName: isCreation
      ? (readName(visit.vouchedDeviceId) ?? applicationDevice)
      : device?.isProved
        ? deviceName
        : null,
    cookie: visit.device.cookieSha256 && hash('cookie', visit.device.cookieSha256),
    network: networkHash(hash, applicationId, address),
    prefix: prefixHash(hash, applicationId, address),
    applicationDevice,
    applicationNetwork: networkHash(hash, applicationId, visit.applicationIpAddress),
    asn: typeof asn === 'number' ? asn : null,
    country: text('net.country_code'),
    place: roundedPlace(
      facts.get('net.latitude'),
      facts.get('net.longitude'),
      facts.get('net.accuracy_radius_km'),
    ),
    ja4: hashed('ja4', text('tls.ja4')) || null,
    fingerprint,
    hardware: hardware === null ? null : hash('hardware', hardware),
    traits: fingerprint === null ? null : traitHashes(hash, facts),
    camera: hashed('camera', text('page.camera_digest')) || null,
    software: softwareOf(text('http.user_agent') ?? text('page.user_agent')),
    localHour: localHour(now, text('page.time_zone') ?? text('net.time_zone')),
  };
}

/** What a device that proves this key is called within an application. */
export function deviceNameOf(
  { hash }: Pick<Context, 'hash'>,
  applicationId: string,
  keySha256: Buffer,
): string {
  return spellName(deviceHash(hash, applicationId, hash('device', keySha256)));
}

/** A device's name as applications see it; empty: nothing names it. */
export function spellName(name: Buffer | null): string {
  return name === null ? '' : namePrefix + name.toString('hex');
}

/** Reads the name of a device, with `selfsame-fp-` or without. null: it is none. */
export function readName(text: string): Buffer | null {
  const hex = text.startsWith(namePrefix) ? text.slice(namePrefix.length) : text;
  return /^[0-9a-f]{32}$/i.test(hex) ? Buffer.from(hex, 'hex') : null;
}

/** The traits of a stored or a present device, each as text that is equal or not; null: not told. */
export function readTraits(stored: Buffer | null): (string | null)[] | null {
  if (stored === null) return null;
  return deviceTraits.map((_, at) => {
    const part = stored.subarray(at * traitBytes, (at + 1) * traitBytes);
    return part.length < traitBytes || part.every((byte) => byte === 0) ? null : part.toString('hex');
  });
}

function deviceOf(
  hash: Hash,
  { device }: Visit,
  fingerprint: Buffer | null,
): { id: Buffer; isProved: boolean } | null {
  if (device.keySha256 !== null) return { id: hash('device', device.keySha256), isProved: true };
  return fingerprint && { id: hash('fingerprint-device', fingerprint), isProved: false };
}

function fingerprintHash(hash: Hash, facts: Facts): Buffer | null {
  const fingerprint = fingerprintOf(facts);
  return fingerprint === null ? null : hash('fingerprint', fingerprint);
}

/** Four bytes tell traits apart well enough: it takes all of them together to tell devices apart. */
function traitHashes(hash: Hash, facts: Facts): Buffer {
  const values = traitsOf(facts);
  return Buffer.concat(
    deviceTraits.map(({ name }, at) => {
      const value = values[at] ?? null;
      return value === null ? Buffer.alloc(traitBytes) : hash('trait', name, value).subarray(0, traitBytes);
    }),
  );
}

function networkHash(hash: Hash, applicationId: string, ipAddress: string): Buffer | null {
  const place = placeOf(ipAddress);
  return place === '' ? null : hash('network', applicationId, place);
}

function prefixHash(hash: Hash, applicationId: string, ipAddress: string): Buffer | null {
  const address = readAddress(ipAddress);
  if (address === null) return null;
  const { first } = networkOf(address, prefixBits[address.version]);
  return hash('prefix', applicationId, formatAddress(first));
}

const platforms: Readonly<Partial<Record<DeviceClass, string>>> = {
  phone: 'mobile',
  tablet: 'tablet',
  desktop: 'desktop',
};

function softwareOf(userAgent: string | null): Software | null {
  if (userAgent === null) return null;
  const { deviceClass, ...agent } = agentOf(userAgent);
  const { brand, model, browserFamily, browserMajor, osFamily, osVersion } = agent;
  const platform = platforms[deviceClass] ?? 'other';
  return { brand, model, browserFamily, browserMajor, osFamily, osVersion, platform };
}

function textOf(facts: Facts, name: FactName): string | null {
  const value = facts.get(name);
  return typeof value === 'string' && value !== '' ? value : null;
}
