import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { facePath } from '@selfsame/testing/assets';
import type { ServiceProcess } from './service-process.ts';
import type { Stand } from './stand.ts';

/** Memory of the service after so many requests. */
export interface SoakPoint {
  requests: number;
  rssMb: number;
}

const CONCURRENCY = 8;
const POINTS = 20;

/** Mixed requests: looks, pictures that are none, glances and pictures of others. @returns memory along the way */
export async function soak(stand: Stand, service: ServiceProcess, requests: number): Promise<SoakPoint[]> {
  const calls = await mixedCalls(stand, service);
  const points: SoakPoint[] = [];
  let done = 0;
  for (let point = 1; point <= POINTS; point += 1) {
    const goal = Math.round((requests * point) / POINTS);
    const worker = async () => {
      while (done < goal) {
        const call = calls[done++ % calls.length];
        await call?.();
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    const { rssMb } = await service.probe();
    points.push({ requests: done, rssMb });
    console.log(`${done} requests: ${rssMb.toFixed(0)} MB`);
  }
  return points;
}

async function mixedCalls(stand: Stand, { client }: ServiceProcess): Promise<(() => Promise<unknown>)[]> {
  const read = (name: string) => readFile(facePath(name));
  const small = await read('edge/small_face.jpg');
  const group = await read('edge/group.jpg');
  const spoof = await read('spoof/spoof_3.jpg');
  const whole = await read('img/p01_1.jpg');
  const verify = (image: Buffer) => client.verify({ ...stand.nextRequest(), image });
  // Refusals are answers here: bad pictures, and glances that give way to looks.
  const anyway = (call: () => Promise<unknown>) => () => call().catch(() => undefined);
  return [
    () => client.verify(stand.nextRequest()),
    anyway(() => client.analyse({ image: small })),
    anyway(() => verify(randomBytes(30_000))),
    anyway(() => client.analyse({ image: small })),
    anyway(() => verify(whole.subarray(0, whole.length >> 1))),
    anyway(() => client.analyse({ image: randomBytes(5_000) })),
    () => verify(group),
    anyway(() => client.examine({ applicationId: stand.nextRequest().applicationId, image: spoof })),
    anyway(() => client.analyse({ image: small })),
    anyway(() => client.examine({ applicationId: 'a', image: group, rotateImage: true })),
  ];
}
