import { readdirSync, readFileSync } from 'node:fs';

/** What a process and its children have taken so far. */
export interface Taken {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** The whole machine so far, in seconds of one core. */
export interface Machine {
  readonly busySeconds: number;
}

/** Linux counts time in hundredths. */
const ticksPerSecond = 100;

/**
 * Time and memory by name. Children count for the nearest named process above them, as those of Postgres do; memory that
 * several share is divided among them. Empty where there is no /proc.
 */
export function takenBy(roots: ReadonlyMap<number, string>): Map<string, Taken> {
  const stats = new Map<number, { parent: number; cpuSeconds: number }>();
  for (const pid of processIds()) {
    const stat = statOf(pid);
    if (stat !== undefined) stats.set(pid, stat);
  }
  const nameOf = (pid: number): string | undefined => {
    for (let at = pid; at > 1; at = stats.get(at)?.parent ?? 0) {
      const name = roots.get(at);
      if (name !== undefined) return name;
    }
    return undefined;
  };
  const taken = new Map<string, Taken>();
  for (const [pid, { cpuSeconds }] of stats) {
    const name = nameOf(pid);
    if (name === undefined) continue;
    const before = taken.get(name) ?? { cpuSeconds: 0, residentBytes: 0 };
    taken.set(name, {
      cpuSeconds: before.cpuSeconds + cpuSeconds,
      residentBytes: before.residentBytes + residentBytesOf(pid),
    });
  }
  return taken;
}

/** @returns undefined where there is no /proc */
export function machineSoFar(): Machine | undefined {
  const line = read('/proc/stat')?.split('\n', 1)[0];
  if (line === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).slice(1).map(Number);
  return { busySeconds: (user + nice + system + irq + softirq) / ticksPerSecond };
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

function statOf(pid: number): { parent: number; cpuSeconds: number } | undefined {
  // The name is in brackets and may hold anything. Children that have ended count for their parent.
  const fields = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ').map(Number);
  if (fields === undefined) return undefined;
  const [parent = 0, user = 0, system = 0, childUser = 0, childSystem = 0] = [fields[1], ...fields.slice(11)];
  return { parent, cpuSeconds: (user + system + childUser + childSystem) / ticksPerSecond };
}

function residentBytesOf(pid: number): number {
  const shared = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  const resident = shared ?? /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(resident ?? 0) * 1024;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
