// How is a model drawn? Triangles by WebGL 2, seen without perspective so that sizes can be compared, lit from the reader's side.
import type { Rgb } from '../model/color';
import { boundsOf, type Part } from './parse';
import { SIDES, turned, type Turn } from './turn';

/** A part with how it is to be seen. */
export interface Shown { readonly part: Part; readonly rgb: Rgb; readonly opacity: number; readonly isVisible: boolean }

const VERTEX = `#version 300 es
in vec3 place; uniform mat3 turn; uniform vec3 middle; uniform vec4 view; uniform vec2 depth; out vec3 seen;
void main() { seen = turn * (place - middle); gl_Position = vec4((seen.xy + view.xy) * view.zw, -seen.z * depth.x, 1.0); }`;
// The normal of a triangle is that of its surface on the screen: it always looks to the reader.
const FRAGMENT = `#version 300 es
precision highp float; in vec3 seen; uniform vec4 color; out vec4 painted;
void main() {
  vec3 normal = normalize(cross(dFdx(seen), dFdy(seen)));
  float light = 0.25 + 0.75 * max(0.0, dot(normal, normalize(vec3(0.2, 0.6, 0.75))));
  painted = vec4(color.rgb * light, color.a);
}`;
const FILLED = 0.85;

export class MeshCanvas {
  turn: Turn = SIDES.A;
  private zoomed = 1;
  private moved: [number, number] = [0, 0];
  private readonly gl: WebGL2RenderingContext;
  private readonly program: WebGLProgram;
  private readonly buffers = new Map<Part, WebGLBuffer>();
  private readonly middle: readonly [number, number, number];
  private readonly radius: number;
  private readonly observer: ResizeObserver;
  private isPlanned = false;

  constructor(private readonly canvas: HTMLCanvasElement, private shown: readonly Shown[], private readonly drawn: (pixelsPerUnit: number) => void) {
    const gl = canvas.getContext('webgl2', { antialias: true, preserveDrawingBuffer: true });
    const bounds = boundsOf(shown.map(({ part }) => part));
    if (!gl || !bounds) throw new Error('the model cannot be drawn');
    this.gl = gl;
    this.program = compiled(gl);
    this.middle = [0, 1, 2].map((axis) => ((bounds.least[axis] ?? 0) + (bounds.most[axis] ?? 0)) / 2) as [number, number, number];
    this.radius = Math.hypot(...bounds.most.map((value, axis) => value - (bounds.least[axis] ?? 0))) / 2 || 1;
    for (const { part } of shown) this.buffers.set(part, filled(gl, part.corners));
    this.observer = new ResizeObserver(() => this.plan());
    this.observer.observe(canvas);
  }

  /** Show parts in other ways; they are those of the beginning. */
  show(shown: readonly Shown[]): void {
    this.shown = shown;
    this.plan();
  }

  /** Turn by a drag of CSS pixels. */
  rotate(dx: number, dy: number): void {
    const perPixel = Math.PI / Math.max(200, Math.min(this.canvas.clientWidth, this.canvas.clientHeight));
    this.look(turned(this.turn, dx * perPixel, dy * perPixel));
  }

  /** Look from somewhere else. */
  look(turn: Turn): void {
    this.turn = turn;
    this.plan();
  }

  move(dx: number, dy: number): void {
    this.moved = [this.moved[0] + dx / this.pixelsPerUnit, this.moved[1] - dy / this.pixelsPerUnit];
    this.plan();
  }

  zoom(factor: number): void {
    this.zoomed = Math.min(50, Math.max(0.1, this.zoomed * factor));
    this.plan();
  }

  /** See all of it, from the front. */
  reset(): void {
    [this.turn, this.zoomed, this.moved] = [SIDES.A, 1, [0, 0]];
    this.plan();
  }

  private get pixelsPerUnit(): number {
    return ((Math.min(this.canvas.clientWidth, this.canvas.clientHeight) * FILLED) / (2 * this.radius)) * this.zoomed;
  }

  private plan(): void {
    if (this.isPlanned) return;
    this.isPlanned = true;
    requestAnimationFrame(() => { this.isPlanned = false; this.draw(); });
  }

  private draw(): void {
    const { gl, canvas, program } = this;
    const [width, height] = [Math.round(canvas.clientWidth * devicePixelRatio), Math.round(canvas.clientHeight * devicePixelRatio)];
    if (!width || !height || gl.isContextLost()) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    gl.viewport(0, 0, width, height);
    gl.clearColor(0.043, 0.055, 0.07, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.useProgram(program);
    const at = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
    gl.uniformMatrix3fv(at('turn'), true, this.turn.flat());
    gl.uniform3fv(at('middle'), this.middle);
    gl.uniform4f(at('view'), ...this.moved, (2 * this.pixelsPerUnit) / canvas.clientWidth, (2 * this.pixelsPerUnit) / canvas.clientHeight);
    gl.uniform2f(at('depth'), 1 / (1.01 * this.radius), 0);
    // What shines through is drawn after what does not, and hides nothing.
    for (const { part, rgb, opacity, isVisible } of this.shown.toSorted((a, b) => b.opacity - a.opacity)) {
      const buffer = this.buffers.get(part);
      if (!isVisible || !buffer) continue;
      gl.depthMask(opacity >= 1);
      gl.uniform4f(at('color'), rgb[0] / 255, rgb[1] / 255, rgb[2] / 255, opacity);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      const place = gl.getAttribLocation(program, 'place');
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, 3, gl.FLOAT, false, 0, 0);
      gl.drawArrays(gl.TRIANGLES, 0, part.corners.length / 3);
    }
    gl.depthMask(true);
    this.drawn(this.pixelsPerUnit);
  }

  /** Give everything back to the graphics card. */
  close(): void {
    this.observer.disconnect();
    for (const buffer of this.buffers.values()) this.gl.deleteBuffer(buffer);
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

function filled(gl: WebGL2RenderingContext, corners: Float32Array<ArrayBuffer>): WebGLBuffer {
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, corners, gl.STATIC_DRAW);
  return buffer;
}

function compiled(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind);
    if (!shader) throw new Error('the model cannot be drawn');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? 'the model cannot be drawn');
  return program;
}
