import { assetPlaces, loadModelBytes } from '../src/assets.ts';
import { createLooker, type Look, type Looker, type LookOptions } from '../src/pipeline/look.ts';
import { loadModels } from '../src/pipeline/models.ts';
import { face } from './faces.ts';

/** The pipeline in the test's own thread. */
export async function openLooker(options: { age?: boolean } = {}): Promise<Looker> {
  return createLooker(await loadModels(await loadModelBytes(assetPlaces(process.env), options)));
}

/** A look at a sample face or at the bytes of a picture that must decode. */
export async function lookAt(
  looker: Looker,
  picture: string | Uint8Array,
  options?: LookOptions,
): Promise<Look> {
  const look = await looker.look(typeof picture === 'string' ? face(picture) : picture, options);
  if ('refused' in look) throw new Error(`refused: ${look.refused}`);
  return look;
}

/** The subject of a look that must have one. */
export async function subjectOf(looker: Looker, picture: string | Uint8Array) {
  const { subject } = await lookAt(looker, picture);
  if (subject === undefined) throw new Error('no face');
  return subject;
}
