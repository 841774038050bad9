import { describe, expect, it } from 'vitest';
import { isDesktop, isLoopback } from './desktop.ts';
import { goesOn } from './goes-on.ts';
import { handoffLink, visitOf } from './visit.ts';

const alone = { handedOver: false, handedOn: false, tookPicture: true };

describe('who goes on to the callback', () => {
  const desktop = { handedOver: false, handedOn: true, tookPicture: false };
  const phone = { handedOver: true, handedOn: true, tookPicture: true };
  it.each([
    ['initiator', true, false],
    ['completer', false, true],
    ['both', true, true],
  ] as const)('%s: desktop %s, phone %s', (method, onDesktop, onPhone) => {
    expect([goesOn(method, desktop), goesOn(method, phone)]).toEqual([onDesktop, onPhone]);
  });

  it.each(['initiator', 'completer', 'both'] as const)('%s: a page that is alone does', (method) => {
    expect(goesOn(method, alone)).toBe(true);
    expect(goesOn(method, { ...alone, tookPicture: false })).toBe(true);
  });

  it('a desktop that took the picture after all is both', () => {
    const here = { ...desktop, tookPicture: true };
    const left = { ...phone, tookPicture: false };
    expect([goesOn('initiator', here), goesOn('completer', here)]).toEqual([true, true]);
    expect([goesOn('initiator', left), goesOn('completer', left)]).toEqual([false, false]);
  });
});

const hints = { isMobileHint: undefined, touchPoints: 0, hasCoarsePointer: false };
const agents = {
  windows: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36',
  mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15',
  linux: 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
  iphone: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148',
  pixel: 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36',
  galaxyTab: 'Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/142.0 Safari/537.36',
};

describe('a desktop', () => {
  it.each([
    ['Windows', { ...hints, userAgent: agents.windows, isMobileHint: false }, true],
    ['Windows with a touch screen', { ...hints, userAgent: agents.windows, touchPoints: 10 }, true],
    [
      'a Windows tablet without a keyboard',
      { ...hints, userAgent: agents.windows, touchPoints: 10, hasCoarsePointer: true },
      false,
    ],
    ['a Mac', { ...hints, userAgent: agents.mac }, true],
    ['Linux', { ...hints, userAgent: agents.linux }, true],
    [
      'an iPad, which calls itself a Mac',
      { ...hints, userAgent: agents.mac, touchPoints: 5, hasCoarsePointer: true },
      false,
    ],
    ['an iPhone', { ...hints, userAgent: agents.iphone, touchPoints: 5 }, false],
    ['an Android phone', { ...hints, userAgent: agents.pixel, isMobileHint: true }, false],
    [
      'an Android phone that asks for desktop pages',
      { ...hints, userAgent: agents.linux, touchPoints: 5, hasCoarsePointer: true },
      false,
    ],
    ['an Android tablet', { ...hints, userAgent: agents.galaxyTab, isMobileHint: false }, false],
    ['something unknown', { ...hints, userAgent: 'Toaster/1.0' }, false],
  ])('%s', (_name, facts, expected) => expect(isDesktop(facts)).toBe(expected));
});

describe('a loopback address', () => {
  it.each([
    ['localhost', true],
    ['app.localhost', true],
    ['127.0.0.1', true],
    ['127.1.2.3', true],
    ['[::1]', true],
    ['192.168.1.20', false],
    ['127.0.0.1.example', false],
    ['selfsame.example', false],
  ])('%s: %s', (hostname, expected) => expect(isLoopback(hostname)).toBe(expected));
});

describe('a visit', () => {
  const other = '0f7c3f0e-9a43-4c5e-8a4e-2f6d0c1b7a99';

  it('names itself, and the visit whose code led here', () => {
    const visit = visitOf('/session/token', `#from=${other}`);
    expect(visit.from).toBe(other);
    expect(visit.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it.each(['', '#', '#from=', '#from=me', '#other=1'])('was opened by its link alone: %j', (hash) => {
    expect(visitOf('/session/token', hash).from).toBeNull();
  });

  it('is in the link of its code, and what was in the address stays', () => {
    const { id } = visitOf('/session/token', '');
    const link = handoffLink('https://selfsame.example/de/session/token?liveness_camera=1#old', {
      id,
      from: null,
    });
    expect(link).toBe(`https://selfsame.example/de/session/token?liveness_camera=1#from=${id}`);
  });
});
