/** Maker and model of the graphics processor, as the browser names them. Used by the page and by its worker. */
export function describeWebgl(gl: WebGLRenderingContext): { vendor: string; renderer: string } {
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  return {
    vendor: String(gl.getParameter(names?.UNMASKED_VENDOR_WEBGL ?? gl.VENDOR)),
    renderer: String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)),
  };
}
