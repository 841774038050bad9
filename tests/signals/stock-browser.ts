import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumPath } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';

/** A screen that nobody sees; XVFB_PATH names another one. */
export const xvfbPath = process.env.XVFB_PATH ?? '/usr/bin/Xvfb';
export const hasXvfb = existsSync(xvfbPath);

/**
 * Chromium as a user starts it, with a window and a profile of its own, and nobody at its strings: no driver, no debugger.
 * @param use is given time until it settles; then the browser and its screen are gone
 */
export async function withStockBrowser<T>(url: string, use: () => Promise<T>): Promise<T> {
  const profile = mkdtempSync(join(tmpdir(), 'selfsame-profile-'));
  const screen = spawn(xvfbPath, ['-displayfd', '1', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  let browser: ChildProcess | undefined;
  try {
    const display = await displayOf(screen);
    browser = spawn(
      chromiumPath,
      [
        // Root may not have one; nothing else differs from what a desktop starts.
        '--no-sandbox',
        '--no-first-run',
        '--no-default-browser-check',
        '--password-store=basic',
        `--user-data-dir=${profile}`,
        url,
      ],
      { env: { ...process.env, DISPLAY: display }, stdio: 'ignore', detached: true },
    );
    return await use();
  } finally {
    await end(browser);
    await end(screen);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function displayOf(screen: ChildProcess): Promise<string> {
  let said = '';
  screen.stdout?.on('data', (bytes: Buffer) => {
    said += bytes;
  });
  return waitFor('a screen', () => (said.endsWith('\n') ? `:${said.trim()}` : undefined), {
    timeoutMs: 30_000,
  });
}

/** The process and all that it has started. */
async function end(process_: ChildProcess | undefined): Promise<void> {
  if (process_?.pid === undefined || process_.exitCode !== null) return;
  const gone = once(process_, 'exit');
  try {
    process.kill(-process_.pid, 'SIGKILL');
  } catch {
    // It has gone by itself.
  }
  await gone;
}
