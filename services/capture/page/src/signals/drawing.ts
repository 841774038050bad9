import { digestOf } from './digest.ts';
import { type Found, orNull, type Part } from './part.ts';
import { describeWebgl } from './webgl-names.ts';

/** The graphics processor by its name and by what it can do. */
export const webgl: Part = {
  patienceMs: 300,
  read(): Found {
    const canvas = document.createElement('canvas');
    canvas.width = 1;
    canvas.height = 1;
    const gl = orNull(() => canvas.getContext('webgl'));
    if (gl === null) return { webgl_vendor: null, webgl_renderer: null, webgl_digest: null };
    const { vendor, renderer } = describeWebgl(gl);
    const limits = limitNames.map((name) => String(gl.getParameter(gl[name])));
    const precisions = [gl.VERTEX_SHADER, gl.FRAGMENT_SHADER].flatMap((shader) =>
      [gl.LOW_FLOAT, gl.MEDIUM_FLOAT, gl.HIGH_FLOAT, gl.HIGH_INT].map((kind) => {
        const format = gl.getShaderPrecisionFormat(shader, kind);
        return `${format?.rangeMin} ${format?.rangeMax} ${format?.precision}`;
      }),
    );
    const extensions = gl.getSupportedExtensions() ?? [];
    gl.getExtension('WEBGL_lose_context')?.loseContext();
    return {
      webgl_vendor: vendor,
      webgl_renderer: renderer,
      webgl_digest: digestOf([...limits, ...precisions, ...[...extensions].sort()].join()),
    };
  },
};

const limitNames = [
  'ALIASED_LINE_WIDTH_RANGE',
  'ALIASED_POINT_SIZE_RANGE',
  'MAX_COMBINED_TEXTURE_IMAGE_UNITS',
  'MAX_CUBE_MAP_TEXTURE_SIZE',
  'MAX_FRAGMENT_UNIFORM_VECTORS',
  'MAX_RENDERBUFFER_SIZE',
  'MAX_TEXTURE_IMAGE_UNITS',
  'MAX_TEXTURE_SIZE',
  'MAX_VARYING_VECTORS',
  'MAX_VERTEX_ATTRIBS',
  'MAX_VERTEX_TEXTURE_IMAGE_UNITS',
  'MAX_VERTEX_UNIFORM_VECTORS',
  'MAX_VIEWPORT_DIMS',
  'SHADING_LANGUAGE_VERSION',
] as const;

interface Adapter {
  readonly info?: { readonly vendor?: string; readonly architecture?: string };
}

/** The same by the newer interface, where there is one. */
export const webgpu: Part = {
  patienceMs: 800,
  async read(): Promise<Found> {
    const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
    const info = (await gpu?.requestAdapter())?.info;
    const name = `${info?.vendor ?? ''} ${info?.architecture ?? ''}`.trim();
    return { webgpu_adapter: name === '' ? null : name };
  },
};

const size = { width: 180, height: 36 };

/** Letters and curves as this machine draws them, twice. */
export const drawing: Part = {
  patienceMs: 200,
  read(): Found {
    const [one, other] = [draw(), draw()];
    if (one === null || other === null)
      return { canvas_digest: null, canvas_stable: null, canvas_uniform: null };
    return {
      canvas_digest: digestOf(one.url),
      canvas_stable: one.url === other.url,
      canvas_uniform: one.isUniform,
    };
  },
};

function draw(): { url: string; isUniform: boolean } | null {
  const canvas = document.createElement('canvas');
  canvas.width = size.width;
  canvas.height = size.height;
  // Read back at once, so the processor draws: nothing has to wait for the graphics card.
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (pen === null) return null;
  pen.fillStyle = '#f60';
  pen.fillRect(92, 4, 60, 22);
  pen.fillStyle = '#069';
  pen.font = '13px sans-serif';
  pen.fillText('Selfsame, ßéЖ你 😃', 2, 17);
  pen.globalCompositeOperation = 'multiply';
  pen.fillStyle = 'rgb(90,200,120)';
  pen.beginPath();
  pen.arc(120, 20, 15, 0, 5);
  pen.fill();
  const { data } = pen.getImageData(0, 0, size.width, size.height);
  const pixels = new Uint32Array(data.buffer);
  return { url: canvas.toDataURL(), isUniform: pixels.every((pixel) => pixel === pixels[0]) };
}
