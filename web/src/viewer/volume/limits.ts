// How large may a volume be? What the graphics processor holds in one texture, and what the browser may use of the memory.
import { cacheLimitBytes } from '../core/engine';
import type { Refusal } from './plan';

export interface Graphics {
  readonly hasWebGl2: boolean;
  /** The longest side of a texture in three dimensions. */
  readonly longestSide: number;
  /** Whether 16-bit values can be kept as they are; else each takes 32 bits. */
  readonly has16Bit: boolean;
  /** Whether the processor draws, for want of another: a solid body is then drawn coarsely. */
  readonly isSoftware: boolean;
}

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

let known: Graphics | undefined;

/** Ask the graphics processor, once. */
export function graphics(): Graphics {
  known ??= ask();
  return known;
}

function ask(): Graphics {
  const gl = document.createElement('canvas').getContext('webgl2');
  if (!gl) return { hasWebGl2: false, longestSide: 0, has16Bit: false, isSoftware: true };
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const found = {
    hasWebGl2: true, longestSide: Number(gl.getParameter(gl.MAX_3D_TEXTURE_SIZE)) || 0, has16Bit: gl.getExtension('EXT_texture_norm16') !== null,
    isSoftware: SOFTWARE.test(String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER))),
  };
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return found;
}

export type Cell = 'Uint8Array' | 'Int16Array' | 'Uint16Array' | 'Float32Array';
const BYTES: Readonly<Record<Cell, number>> = { Uint8Array: 1, Int16Array: 2, Uint16Array: 2, Float32Array: 4 };

/** Return how many bytes a volume takes: the values themselves, and their texture. */
export function bytesOf(dimensions: readonly number[], cell: Cell, { has16Bit }: Graphics): { values: number; texture: number } {
  const n = dimensions.reduce((product, side) => product * side, 1);
  const inTexture = BYTES[cell] === 2 && !has16Bit ? 4 : BYTES[cell];
  return { values: n * BYTES[cell], texture: n * inTexture };
}

/** Say why a grid cannot be held, or return undefined. */
export function refused(dimensions: readonly number[], cell: Cell, by: Graphics = graphics(), limit = cacheLimitBytes()): Refusal | undefined {
  if (!by.hasWebGl2) return { why: 'noWebGl' };
  const side = Math.max(...dimensions);
  if (side > by.longestSide) return { why: 'texture', side, limit: by.longestSide };
  const { values, texture } = bytesOf(dimensions, cell, by);
  // The cache holds the values; a texture may be as large as all that the cache may hold.
  if (values > limit || texture > limit) return { why: 'memory', needed: Math.max(values, texture), limit };
  return undefined;
}
