import { type Signal, signal } from '../signal.ts';
import { digestOf, number, text } from './page-entries.ts';

const base = { source: 'browser', version: 1, sensitivity: 'none' } as const;

/** How the machine draws, sounds and reckons, and with what. */
export const pageRenderingSignals: readonly Signal[] = [
  text('br_webgl_vendor', 'page.webgl_vendor', {
    category: 'rendering',
    description: 'The maker of the graphics processor',
    risk: 'Part of what devices are compared by',
    sensitivity: 'pseudonymous',
  }),
  text('br_webgl_renderer', 'page.webgl_renderer', {
    category: 'rendering',
    description: 'The graphics processor',
    risk: 'Part of what devices are compared by',
    sensitivity: 'pseudonymous',
  }),
  named('br_webgl_software_renderer', /swiftshader|llvmpipe|softpipe|basic render|software raster/i, {
    weight: 6,
    category: 'virtual_machine',
    description: 'No graphics processor draws, but a program',
    risk: 'Servers and browsers without a screen; also computers whose driver is broken, and remote desktops',
  }),
  named(
    'br_webgl_vm_renderer',
    /vmware|virtualbox|\bvbox|parallels|\bqxl\b|virtio|virgl|svga3d|hyper-v|citrix/i,
    {
      weight: 10,
      category: 'virtual_machine',
      description: 'The graphics processor is that of a virtual machine',
      risk: 'Many devices on one machine; also the desktop of somebody whose employer wants it so',
    },
  ),
  named('br_webgl_emulator_renderer', /android emulator|bluestacks|genymotion|\bnox\b|memu\b|ldplayer/i, {
    weight: 45,
    category: 'virtual_machine',
    detects: 'DEVICE_EMULATOR_DETECTED',
    description: 'The graphics processor is that of an emulated phone',
    risk: 'A phone that is none, whose camera shows whatever it is given',
  }),
  text('br_webgl_params_hash', 'page.webgl_digest', {
    category: 'rendering',
    type: 'hash',
    description: 'Limits, extensions and precisions of the graphics processor',
    risk: 'Part of what devices are compared by',
    sensitivity: 'pseudonymous',
  }),
  text('br_webgpu_adapter', 'page.webgpu_adapter', {
    category: 'rendering',
    description: 'Maker and architecture of the graphics processor by the newer interface',
    risk: 'Part of what devices are compared by',
  }),
  steady(
    'br_canvas_hash',
    'page.canvas_digest',
    'page.canvas_stable',
    'Letters and curves as they are drawn',
  ),
  steady('br_audio_hash', 'page.audio_digest', 'page.audio_stable', 'A short sound as it is reckoned'),
  number('br_audio_base_latency', 'page.audio_latency_ms', {
    category: 'rendering',
    description: 'How long sound takes to the loudspeaker, in milliseconds',
    risk: 'Machines without sound have no or odd times',
  }),
  text('br_math_hash', 'page.math_digest', {
    category: 'rendering',
    type: 'hash',
    description: 'The last digits of functions that engines reckon differently',
    risk: 'To be compared with the engine',
  }),
  text('br_speech_voices_hash', 'page.voices_digest', {
    category: 'fonts_locale',
    type: 'hash',
    description: 'The voices that can read aloud',
    risk: 'To be compared with the system; part of what devices are compared by',
    sensitivity: 'pseudonymous',
  }),
  signal({
    ...base,
    id: 'br_fonts_hash',
    category: 'fonts_locale',
    type: 'hash',
    description: 'Which fonts of a fixed list are installed',
    risk: 'Part of what devices are compared by',
    sensitivity: 'pseudonymous',
    weight: 0,
    reads: ['page.fonts'],
    extract: (fonts) => (fonts === null ? null : digestOf(fonts.toSorted().join())),
  }),
  signal({
    ...base,
    id: 'br_font_count',
    category: 'fonts_locale',
    type: 'number',
    description: 'How many fonts of a fixed list are installed',
    risk: 'Hardly any is a bare machine in a data centre',
    weight: 3,
    reads: ['page.fonts'],
    extract: (fonts) => fonts?.length ?? null,
    raises: (count) => count < 2,
  }),
];

/** Whether the graphics processor's name is one of these. */
function named(
  id: string,
  names: RegExp,
  said: Pick<Signal, 'weight' | 'category' | 'description' | 'risk'> & Partial<Pick<Signal, 'detects'>>,
): Signal {
  const entry = { ...base, ...said, id, type: 'bool', reads: ['page.webgl_renderer'] } as const;
  return signal({ ...entry, extract: (renderer) => (renderer === null ? null : names.test(renderer)) });
}

/** A digest that is the same each time; where noise is added it names nothing. */
function steady(
  id: string,
  digest: 'page.canvas_digest' | 'page.audio_digest',
  isStable: 'page.canvas_stable' | 'page.audio_stable',
  what: string,
): Signal {
  return signal({
    ...base,
    id,
    category: 'rendering',
    type: 'hash',
    description: `${what}; absent where the browser adds noise`,
    risk: 'Part of what devices are compared by',
    sensitivity: 'pseudonymous',
    weight: 0,
    reads: [digest, isStable],
    extract: (value, stable) => (stable === true ? value : null),
  });
}
