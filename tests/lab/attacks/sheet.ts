import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const CELL = { width: 240, height: 240 } as const;
const COLUMNS = 8;

/** Writes frames as files and, of each species, one contact sheet to look at. */
export function createSheets(directory: string) {
  const cells = new Map<string, Uint8Array[]>();
  mkdirSync(directory, { recursive: true });
  return {
    /** Of a sequence eight frames spread over it, of a still the one. */
    add(species: string, index: number, frames: readonly Uint8Array[]): void {
      const own = cells.get(species) ?? [];
      const shown =
        frames.length > 1
          ? Array.from({ length: COLUMNS }, (_, at) => frames[Math.floor((at * frames.length) / COLUMNS)])
          : frames;
      shown.forEach((frame, at) => {
        if (frame === undefined) return;
        own.push(frame);
        writeFileSync(join(directory, `${species}-${String(index).padStart(3, '0')}-${at}.jpg`), frame);
      });
      cells.set(species, own);
    },
    async write(): Promise<void> {
      for (const [species, frames] of cells) {
        const pieces = await Promise.all(
          frames.map(async (frame, at) => ({
            input: await sharp(frame)
              .resize({ ...CELL, fit: 'contain' })
              .png()
              .toBuffer(),
            left: (at % COLUMNS) * CELL.width,
            top: Math.floor(at / COLUMNS) * CELL.height,
          })),
        );
        const height = Math.ceil(frames.length / COLUMNS) * CELL.height;
        const sheet = sharp({
          create: { width: COLUMNS * CELL.width, height, channels: 3, background: '#222' },
        });
        await sheet
          .composite(pieces)
          .png()
          .toFile(join(directory, `${species}.png`));
      }
    },
  };
}
