import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { type CaptureManifest, captureManifest } from '../../../src/wire.ts';
import { type Look, packBundle } from './bundle.ts';

const picture = (size: number, value: number) => new Blob([new Uint8Array(size).fill(value)]);
const look: Look = {
  image: picture(300, 1),
  frames: [
    { takenAtMs: 0, jpeg: picture(20, 2) },
    { takenAtMs: 95, jpeg: picture(30, 3) },
  ],
  shownAtMs: [100],
  nonce: 'ü-nonce',
  camera: { cam_device_count: 2, cam_fake_device_flag: false },
  page: { 'page.scroll': 'none', 'page.pointer_moves': 41, 'page.tap_spread_px': null },
};

async function unpack(bundle: Blob): Promise<{ manifest: CaptureManifest; pictures: Uint8Array }> {
  const bytes = new Uint8Array(await bundle.arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0);
  return {
    manifest: JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as CaptureManifest,
    pictures: bytes.subarray(4 + length),
  };
}

it('a bundle says where each of its pictures is', async () => {
  const { manifest, pictures } = await unpack(await packBundle(look, async () => undefined));
  expect(Value.Check(captureManifest, manifest)).toBe(true);
  expect(manifest).not.toHaveProperty('proof');
  expect(manifest.facts).toEqual(look.page);
  expect([...pictures]).toEqual([...Array(300).fill(1), ...Array(20).fill(2), ...Array(30).fill(3)]);
  expect(manifest).toMatchObject({ image_bytes: 300, nonce: 'ü-nonce', shown_at_ms: [100] });
  expect(manifest.frames).toEqual([
    { bytes: 20, taken_at_ms: 0 },
    { bytes: 30, taken_at_ms: 95 },
  ]);
});

it('a bundle is signed over all of its pictures', async () => {
  let signed: { nonce: string; size: number } | undefined;
  const bundle = await packBundle(look, async (nonce, pictures) => {
    signed = { nonce, size: pictures.size };
    return { public_key: 'key', signature: 'signature' };
  });
  expect(signed).toEqual({ nonce: 'ü-nonce', size: 350 });
  const { manifest } = await unpack(bundle);
  expect(manifest.proof).toEqual({ public_key: 'key', signature: 'signature' });
  expect(bundle.type).toBe('application/vnd.selfsame.capture');
});
