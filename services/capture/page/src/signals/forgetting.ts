import { dropDevice } from '../look/device-key.ts';
import { within } from '../within.ts';
import { dropMark } from './storage.ts';

/** A browser that keeps another page waiting forgets when that one is closed. */
const patienceMs = 1_000;

/** Key and marks are gone; the next visit is that of a device that nobody knows. Never fails. */
export async function dropEverything(): Promise<void> {
  dropMark();
  await within(dropDevice(), patienceMs);
}
