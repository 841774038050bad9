import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What is compared with the past. */
const compared =
  '{__name__=~"process_resident_memory_bytes|selfsame_assessments_total|selfsame_session_status_changes_total' +
  '|selfsame_(liveness|face_match|assessment)_score_(bucket|count|sum)"}';
const hour = 3_600;
/** Hours ago: a week that is nearly over, and a morning. */
const moments = [49, 48, 7, 6.5];

/**
 * Gives a Prometheus that is not running a past: what one holds now, as it would have been found on earlier days. Alerts on drift
 * compare with a week that a system of a minute does not have.
 *
 * @param url of the running Prometheus whose series these are
 * @param directory of the one that gets the blocks
 */
export async function backfill(url: string, directory: string, promtool: string, stop: () => Promise<void>) {
  const query = new URLSearchParams({ query: compared });
  const response = await fetch(`${url}/api/v1/query?${query}`, { signal: AbortSignal.timeout(10_000) });
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  const now = Math.floor(Date.now() / 1000);
  const lines = data.result.flatMap(({ metric: { __name__: name, ...labels }, value: [, value] }) => {
    const text = Object.entries(labels).map(([label, one]) => `${label}=${JSON.stringify(one)}`);
    return moments.map(
      (ago, index) => `${name}{${text.join(',')}} ${Number(value) * (index + 1)} ${now - ago * hour}`,
    );
  });
  const file = join(directory, 'past.om');
  await writeFile(file, `${lines.join('\n')}\n# EOF\n`);
  await stop();
  await promisify(execFile)(promtool, [
    'tsdb',
    'create-blocks-from',
    'openmetrics',
    file,
    join(directory, 'data'),
  ]);
}
