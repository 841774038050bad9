import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

// Debian keeps servers in sbin, which the PATH of a normal user leaves out.
const moreFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Absolute path of a program on this machine, or undefined. */
export function findTool(...names: string[]): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':').filter(Boolean), ...moreFolders];
  for (const name of names) {
    for (const folder of folders) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

/** A program that Debian packages under `debianPackage`. */
export interface Tool {
  names: readonly string[];
  debianPackage: string;
}

export const natsServer: Tool = { names: ['nats-server'], debianPackage: 'nats-server' };
export const chromium: Tool = {
  names: ['chromium', 'chromium-browser', 'google-chrome'],
  debianPackage: 'chromium',
};

/** Brings promtool along. */
export const prometheusServer: Tool = { names: ['prometheus'], debianPackage: 'prometheus' };

/** A screen that nobody sees, for a browser with a window. */
export const xvfb: Tool = { names: ['Xvfb'], debianPackage: 'xvfb' };

/** Path of the tool; installs it by apt first where this user may. Undefined when it is neither there nor installable. */
export function provideTool(tool: Tool, report: (line: string) => void): string | undefined {
  const found = findTool(...tool.names);
  if (found !== undefined) return found;
  const apt = findTool('apt-get');
  if (apt === undefined || process.getuid?.() !== 0) return undefined;
  report(`installing ${tool.debianPackage} (apt-get)`);
  const install = ['install', '--yes', '--no-install-recommends', tool.debianPackage];
  // The lists of a bare machine are empty or old: refresh them only when the first try fails.
  if (!runQuietly(apt, install) && runQuietly(apt, ['update'])) runQuietly(apt, install);
  return findTool(...tool.names);
}

/** True when a Docker engine answers. */
export function dockerAnswers(): boolean {
  const docker = findTool('docker');
  return docker !== undefined && runQuietly(docker, ['version', '--format', '{{.Server.Version}}'], 5000);
}

function runQuietly(command: string, args: readonly string[], timeoutMs = 300_000): boolean {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { env: environment, stdio: 'ignore', timeout: timeoutMs }).status === 0;
}
