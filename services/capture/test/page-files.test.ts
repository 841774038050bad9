import { createHash } from 'node:crypto';
import { Failure } from '@selfsame/runtime/errors';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PageSession, PageTexts } from '../page/src/given.ts';
import { catalogues } from '../page/src/texts/catalogues.ts';
import { languages } from '../page/src/texts/language.ts';
import { builtPage, startWorld, type World } from './harness.ts';

/** A look that changes nothing. */
const plain = {
  colors: {},
  fontFamily: '',
  fontWeight: '',
  fontUrl: '',
  logoSquareUrl: '',
  logoRectangularUrl: '',
  faviconUrl: '',
  privacyPolicyUrl: '',
  skipWelcomeScreen: false,
  hideProgressBar: false,
};

let world: World;

beforeAll(async () => {
  world = await startWorld(await builtPage());
});
afterAll(async () => {
  await world.stop();
});
beforeEach(() => void world.renew());

/** What the server has put into the page as JSON. */
function given<T>(html: string, id: 'texts' | 'session'): T {
  const [, json = ''] = new RegExp(`id="${id}">([^<]*)<`).exec(html) ?? [];
  return JSON.parse(json) as T;
}
const get = (path: string, headers: Record<string, string> = {}) => fetch(world.url + path, { headers });

describe('the hosted page', () => {
  it('is the same under every shape of the link', async () => {
    for (const prefix of ['', '/en', '/pt-BR', '/cnr']) {
      const response = await get(`${prefix}/session/${world.token}`);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('<div id="page">');
    }
    expect((await get(`/session/${world.token}/`)).status).toBe(200);
  });

  it('runs nothing but its own files, is never stored and gives its address away to nobody', async () => {
    const response = await get(`/session/${world.token}`);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('frame-ancestors *');
    expect(policy).toContain(`connect-src 'self' ws://${new URL(world.url).host};`);
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('permissions-policy')).toContain('camera=(self)');
    const html = await response.text();
    const inline = [...html.matchAll(/<(script type="module"|style)>([\s\S]*?)<\/(?:script|style)>/g)];
    expect(inline.map(([, tag]) => tag)).toEqual(['style', 'script type="module"']);
    for (const [, , text = ''] of inline) {
      expect(policy).toContain(`'sha256-${createHash('sha256').update(text).digest('base64')}'`);
    }
    expect(html).not.toMatch(/ style="| on\w+="/);
  });

  it('shows the icon of a brand, and nothing of another host', async () => {
    const icon = `/brand-assets/${'a1'.repeat(32)}.png`;
    for (const faviconUrl of [icon, '//evil.example/x.png', '/x.png', `${icon}/../../x`]) {
      world.renew({ appearance: { ...plain, faviconUrl } });
      const html = await (await get(`/session/${world.token}`)).text();
      const [, href = ''] = /<link rel="icon" href="([^"]*)"/.exec(html) ?? [];
      if (faviconUrl === icon) expect(href).toBe(icon);
      else expect(href).toMatch(/^data:/);
    }
  });

  it('holds its words and its session, so that nothing has to be asked for', async () => {
    world.renew({ applicationName: '</script><!--"&' });
    const html = await (await get(`/ja/session/${world.token}`)).text();
    expect(html).toMatch(/^<!doctype html>\s*<html lang="ja" dir="ltr">/);
    expect(given<PageTexts>(html, 'texts')).toEqual({ language: 'ja', texts: await catalogues.ja() });
    const { session, reason } = given<PageSession>(html, 'session');
    expect(reason).toBeNull();
    expect(session).toMatchObject({ phase: 'ready', application_name: '</script><!--"&' });
    expect(html).not.toContain(world.token);
  });

  it('speaks the language of the link, else of the session, else of the browser', async () => {
    const browser = { 'accept-language': 'xx, de;q=0.4, pt-BR;q=0.8, fr;q=0' };
    const spoken = async (path: string) =>
      given<PageTexts>(await (await get(path, browser)).text(), 'texts').language;
    expect(await spoken(`/session/${world.token}`)).toBe('pt');
    expect(await spoken(`/session/no-such-token`)).toBe('pt');
    world.renew({ language: 'ar' });
    expect(await spoken(`/session/${world.token}`)).toBe('ar');
    expect(await spoken(`/ko/session/${world.token}`)).toBe('ko');
    const html = await (await get(`/session/${world.token}`)).text();
    expect(html).toContain('<html lang="ar" dir="rtl">');
  });

  it('may be embedded by those whom the application names, where it does', async () => {
    world.renew({
      allowedOrigins: ['https://app.example', 'https://*.shop.example:8443', 'x; script-src *'],
    });
    const policy = (await get(`/session/${world.token}`)).headers.get('content-security-policy') ?? '';
    expect(policy.split('; ').at(-1)).toBe(
      "frame-ancestors 'self' https://app.example https://*.shop.example:8443",
    );
  });

  it('wears what the application has set, and its policy knows it', async () => {
    world.renew({ appearance: { ...plain, borderRadiusButtons: 3 } });
    const response = await get(`/session/${world.token}`);
    const [, css = ''] = /<style>([^<]*--radius-button:3px[^<]*)<\/style>/.exec(await response.text()) ?? [];
    const hash = createHash('sha256').update(css).digest('base64');
    expect(response.headers.get('content-security-policy')).toContain(`'sha256-${hash}'`);
  });

  it('says by its status what it says to people, and changes nothing by being looked at', async () => {
    const unknown = await get('/session/no-such-token');
    expect(unknown.status).toBe(404);
    expect(given<PageSession>(await unknown.text(), 'session')).toEqual({ session: null, reason: 'unknown' });
    world.script.sessionDown = new Failure('unavailable', 'down', 'down');
    const away = await get(`/session/${world.token}`);
    expect(away.status).toBe(503);
    expect(away.headers.get('retry-after')).toBe('5');
    expect(given<PageSession>(await away.text(), 'session').reason).toBe('unavailable');
    world.script.sessionDown = null;
    expect((await get('/session/short')).status).toBe(404);
    world.script.session = { ...world.script.session, status: 'Expired' };
    expect((await get(`/session/${world.token}`)).status).toBe(410);
    world.script.session = { ...world.script.session, status: 'Not Started' };
    expect((await get(`/session/${world.token}`)).status).toBe(200);
    expect(world.script.session.status).toBe('Not Started');
    expect((await get('/toolonglanguage/session/abcdefgh')).status).toBe(404);
  });

  it('serves files that may be cached for good, compressed, and asks for none that it has not', async () => {
    const named = (text: string) =>
      [...text.matchAll(/(?:capture-assets|["'`]\.)\/([\w.-]+\.(?:js|css))/g)].map(([, name = '']) => name);
    const html = await (await get(`/session/${world.token}`)).text();
    const files = new Set(named(html));
    expect(files.size).toBeGreaterThanOrEqual(5);
    // A set goes on to what is added while it is walked through.
    for (const file of files) {
      const response = await get(`/capture-assets/${file}`, { 'accept-encoding': 'br' });
      expect([file, response.status]).toEqual([file, 200]);
      expect(response.headers.get('cache-control')).toContain('immutable');
      expect(response.headers.get('content-encoding')).toBe('br');
      for (const name of named(await response.text())) files.add(name);
    }
    expect((await get('/capture-assets/none.js')).status).toBe(404);
    expect((await get('/capture-assets/..%2findex.html')).status).toBe(404);
  });

  it('weighs less than 40 kB before it works, in every language', async () => {
    for (const language of languages) {
      const response = await get(`/${language}/session/${world.token}`, { 'accept-encoding': 'gzip' });
      expect(response.headers.get('content-encoding')).toBe('gzip');
      const bytes = Number(response.headers.get('content-length'));
      expect(bytes).toBeGreaterThan(10_000);
      expect(bytes).toBeLessThan(40_000);
    }
  });

  it('is the same whether or not it travels compressed', async () => {
    const plain = await get(`/de/session/${world.token}`, { 'accept-encoding': 'identity' });
    expect(plain.headers.get('content-encoding')).toBeNull();
    const [small, whole] = await Promise.all([
      (await get(`/de/session/${world.token}`, { 'accept-encoding': 'gzip' })).text(),
      plain.text(),
    ]);
    expect(small).toBe(whole);
  });

  it('shows its states side by side only where it is told to', async () => {
    expect((await get('/__states')).status).toBe(404);
    expect((await get('/__states/welcome-match')).status).toBe(404);
  });
});
