import { describe, expect, it } from 'vitest';
import { signalsLater } from './signals-later.ts';

describe('an opening', () => {
  it('tells that the page ran, where the code that looks further cannot run', async () => {
    // Here is no document to look at.
    const told = await signalsLater({ isHandedOver: false }).visit('', 'open');
    expect(told).toEqual({ facts: { 'page.user_agent': navigator.userAgent } });
  });
});
