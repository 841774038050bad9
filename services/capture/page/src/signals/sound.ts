import { digestOf } from './digest.ts';
import type { Found, Part } from './part.ts';

const rate = 44_100;
const samples = 4_410;

/** A tenth of a second of sound, reckoned twice and never played. */
export const sound: Part = {
  patienceMs: 800,
  async read(): Promise<Found> {
    if (typeof OfflineAudioContext !== 'function') return { audio_digest: null, audio_stable: null };
    const one = await render();
    const other = await render();
    return { audio_digest: digestOf(one), audio_stable: one === other };
  },
};

async function render(): Promise<string> {
  const context = new OfflineAudioContext(1, samples, rate);
  const tone = context.createOscillator();
  tone.type = 'triangle';
  tone.frequency.value = 9_000;
  const press = context.createDynamicsCompressor();
  press.threshold.value = -50;
  press.ratio.value = 12;
  press.release.value = 0.25;
  tone.connect(press).connect(context.destination);
  tone.start(0);
  const heard = (await context.startRendering()).getChannelData(0);
  return Array.from(heard.subarray(samples - 400), (value) => value.toString(36)).join();
}

/** How long sound takes to the loudspeaker, as the browser reckons; nothing is played. */
export const soundOutput: Part = {
  patienceMs: 300,
  read(): Found {
    if (typeof AudioContext !== 'function') return { audio_latency_ms: null };
    const context = new AudioContext();
    const { baseLatency } = context;
    void context.close().catch(() => undefined);
    return { audio_latency_ms: typeof baseLatency === 'number' ? 1_000 * baseLatency : null };
  },
};

/** The voices that can read aloud. Some browsers know them only after a while. */
export const voices: Part = {
  patienceMs: 600,
  async read(): Promise<Found> {
    if (typeof speechSynthesis !== 'object') return { voices_digest: null };
    const known = () => speechSynthesis.getVoices();
    if (known().length === 0) {
      await new Promise<void>((resolve) => {
        speechSynthesis.addEventListener?.('voiceschanged', () => resolve(), { once: true });
        setTimeout(resolve, 400);
      });
    }
    const names = known().map(({ name, lang }) => `${name} ${lang}`);
    return { voices_digest: names.length === 0 ? null : digestOf(names.sort().join()) };
  },
};
