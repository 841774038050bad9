import { parseArgs } from 'node:util';
import { paintFor } from '../terminal.ts';
import { findDeployment } from './deployment.ts';
import { diagnose } from './diagnose.ts';
import { doctorText } from './text.ts';

export const doctorUsage = `usage: selfsame doctor [--json] [--data-dir DIRECTORY | --env-dir DIRECTORY] [--service NAME …]
                       [--destinations]
Looks at a deployment, changes nothing, and says what to do about what is wrong.
--json         the same for programs
--data-dir     a local run; default .selfsame where DATABASE_URL is not set
--env-dir      <service>.env files with what differs from the environment, such as HTTP_PORT
--service      looks at these services alone; may be given again
--destinations also looks up the names of webhook receivers
SESSION_HTTP, CAPTURE_HTTP, … and SESSION_GRPC, … (host:port) say where services answer;
NATS_MONITORING_URL where NATS tells its settings.
Exit code 0: nothing has failed; 1: something has, or could not be looked at.`;

/** @returns the exit code. @throws Failure, Error whose message says what to do */
export async function doctor(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      destinations: { type: 'boolean', default: false },
      'data-dir': { type: 'string' },
      'env-dir': { type: 'string' },
      service: { type: 'string', multiple: true, default: [] },
    },
  });
  const places = {
    dataDirectory: values['data-dir'],
    environmentDirectory: values['env-dir'],
    only: values.service,
  };
  const found = await diagnose(findDeployment(places, environment), { destinations: values.destinations });
  const text = values.json
    ? `${JSON.stringify(found, null, 2)}\n`
    : doctorText(found, paintFor(process.stdout, environment));
  process.stdout.write(text);
  return found.healthy ? 0 : 1;
}
