import type { Session } from './session.ts';
import { isReusable } from './workflow.ts';

/** What a session can cost something as. */
export const usageItems = ['KYC', 'BIOMETRIC_AUTHENTICATION', 'REUSABLE_KYC', 'SHARED_IMPORT'] as const;
export type UsageItem = (typeof usageItems)[number];

/** Millionths of a US dollar, by item. */
export type Prices = Readonly<Record<UsageItem, number>>;

const microsPerDollar = 1_000_000;
/** US dollars. */
const defaultPrices = { KYC: 0.33, BIOMETRIC_AUTHENTICATION: 0.1, REUSABLE_KYC: 0, SHARED_IMPORT: 0.3 };
const highestPrice = 10_000;

/**
 * Reads a table of prices: a JSON object of US dollars by item; what it does not name costs as ever.
 * @returns the sentence that says what is wrong with it
 */
export function readPrices(text: string): { value: Prices } | { mistake: string } {
  const given = parsed(text);
  if (given === null) return { mistake: 'must be a JSON object of US dollars by item' };
  const unknown = Object.keys(given).find((item) => !(usageItems as readonly string[]).includes(item));
  if (unknown !== undefined) return { mistake: `names no item but ${usageItems.join(', ')}` };
  const prices: Partial<Record<UsageItem, number>> = {};
  for (const item of usageItems) {
    const price = Object.hasOwn(given, item) ? given[item] : defaultPrices[item];
    if (typeof price !== 'number' || !(price >= 0 && price <= highestPrice)) {
      return { mistake: `${item} must be a number from 0 to ${highestPrice}` };
    }
    prices[item] = Math.round(price * microsPerDollar);
  }
  return { value: prices as Prices };
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/**
 * What a session costs something as, once it is Approved or In Review; null: nothing. Sandboxes are free, and so is who was let
 * in without a look: nothing was checked.
 */
export function usageItemOf(session: Session): UsageItem | null {
  const { status } = session.state;
  if (status !== 'Approved' && status !== 'In Review') return null;
  if (session.application.environment === 'sandbox' || session.type === 'API') return null;
  if (session.type === 'IMPORTED') return 'SHARED_IMPORT';
  if (session.reports === null || session.stepUp?.skipped_selfie === true) return null;
  const { definition } = session.workflow;
  if (isReusable(definition)) return 'REUSABLE_KYC';
  return definition.workflow_type === 'kyc' ? 'KYC' : 'BIOMETRIC_AUTHENTICATION';
}

/** US dollars with at least two decimals, as text: no amount is a floating point number to a reader. */
export function dollars(micros: number): string {
  const [whole = '0', parts = ''] = (micros / microsPerDollar).toFixed(6).split('.');
  return `${whole}.${parts.replace(/0+$/, '').padEnd(2, '0')}`;
}
