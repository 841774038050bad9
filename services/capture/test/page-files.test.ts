import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPage, startWorld, type World } from './harness.ts';

let world: World;
let page: Awaited<ReturnType<typeof buildPage>>;

beforeAll(async () => {
  page = await buildPage();
  world = await startWorld(page.directory);
});
afterAll(async () => {
  await world.stop();
  page.remove();
});
beforeEach(() => void world.renew());

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
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain('frame-ancestors *');
    expect(policy).not.toMatch(/unsafe|https?:/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('permissions-policy')).toContain('camera=(self)');
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style="|https?:\/\//);
  });

  it('says by its status what it says to people, and changes nothing by being looked at', async () => {
    expect((await get('/session/no-such-token')).status).toBe(404);
    expect((await get('/session/short')).status).toBe(404);
    world.script.session = { ...world.script.session, status: 'Expired' };
    expect((await get(`/session/${world.token}`)).status).toBe(410);
    world.script.session = { ...world.script.session, status: 'Not Started' };
    expect((await get(`/session/${world.token}`)).status).toBe(200);
    expect(world.script.session.status).toBe('Not Started');
    expect((await get('/toolonglanguage/session/abcdefgh')).status).toBe(404);
  });

  it('serves files that may be cached for good, compressed', async () => {
    const html = await (await get(`/session/${world.token}`)).text();
    const files = [...html.matchAll(/\/capture-assets\/[\w.-]+/g)].map(([path]) => path);
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      const response = await get(file, { 'accept-encoding': 'br' });
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toContain('immutable');
      expect(response.headers.get('content-encoding')).toBe('br');
      expect((await response.bytes()).length).toBeGreaterThan(0);
    }
    expect((await get('/capture-assets/none.js')).status).toBe(404);
    expect((await get('/capture-assets/..%2findex.html')).status).toBe(404);
  });

  it('weighs less than 26 kB in any language: script, style and texts, gzipped', () => {
    const directory = join(page.directory, 'capture-assets');
    const sizes = readdirSync(directory)
      .filter((name) => /\.(js|css)$/.test(name))
      .map((name) => ({ name, bytes: gzipSync(readFileSync(join(directory, name))).length }));
    const isText = (name: string) => /^[a-z]{2}-/.test(name);
    const texts = sizes.filter(({ name }) => isText(name)).map(({ bytes }) => bytes);
    const rest = sizes.filter(({ name }) => !isText(name)).map(({ bytes }) => bytes);
    expect(texts.length).toBeGreaterThanOrEqual(3);
    const total = rest.reduce((sum, bytes) => sum + bytes, 0) + Math.max(...texts);
    expect(total).toBeLessThan(26_000);
  });
});
