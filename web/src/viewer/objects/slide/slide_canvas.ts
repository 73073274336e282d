// How is a slide drawn? The tiles of the fitting level over those of coarser ones, on a canvas that can be moved and zoomed.
import { levelAt, tilesIn, type Box, type Level, type Slide } from './slide';
import { TileSource, type WantedTile } from './tile_source';

/** What is seen: the middle in pixels of the finest level, and how many CSS pixels one of them is wide. */
export interface View { readonly x: number; readonly y: number; readonly scale: number }
const MOST_SCALE = 8;
const BACKGROUND = '#e9e9e6';
// A level too fine for the scale, the only one perhaps, is drawn about the middle of the view only.
const MOST_TILES = 400;
const MOST_BEHIND = 64;

export class SlideCanvas {
  view: View = { x: 0, y: 0, scale: 1 };
  private readonly source: TileSource;
  private isPlanned = false;
  private isFitted = true;
  private readonly stop: () => void;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly slide: Slide, private readonly drawn: (view: View, level: number, nMissing: number) => void, private readonly filled = 0.96) {
    this.source = new TileSource(() => this.plan());
    const resized = new ResizeObserver(() => this.resize());
    resized.observe(canvas);
    this.stop = () => resized.disconnect();
    this.resize();
  }

  private get finest(): Level {
    return this.slide.levels[0] as Level;
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth || !clientHeight) return;
    Object.assign(this.canvas, { width: Math.round(clientWidth * devicePixelRatio), height: Math.round(clientHeight * devicePixelRatio) });
    if (this.isFitted) this.fit();
    else this.plan();
  }

  /** Show the whole slide. */
  fit(): void {
    const { columns, rows } = this.finest;
    this.view = { x: columns / 2, y: rows / 2, scale: this.fittingScale() };
    this.isFitted = true;
    this.plan();
  }

  private fittingScale(): number {
    return Math.min(this.canvas.clientWidth / this.finest.columns, this.canvas.clientHeight / this.finest.rows) * this.filled;
  }

  /** Zoom by a factor so that what is at a point of the canvas stays there. */
  zoom(factor: number, left = this.canvas.clientWidth / 2, top = this.canvas.clientHeight / 2): void {
    const { x, y, scale } = this.view;
    const next = Math.max(Math.min(this.fittingScale(), 1) / 2, Math.min(MOST_SCALE, scale * factor));
    const [dx, dy] = [left - this.canvas.clientWidth / 2, top - this.canvas.clientHeight / 2];
    this.go({ x: x + dx / scale - dx / next, y: y + dy / scale - dy / next, scale: next });
  }

  /** Move by CSS pixels. */
  move(dx: number, dy: number): void {
    const { x, y, scale } = this.view;
    this.go({ x: x - dx / scale, y: y - dy / scale, scale });
  }

  /** Go to a view; its middle stays on the slide. */
  go({ x, y, scale }: View): void {
    this.view = { x: Math.min(this.finest.columns, Math.max(0, x)), y: Math.min(this.finest.rows, Math.max(0, y)), scale };
    this.isFitted = false;
    this.plan();
  }

  /** Return what of the slide is on the screen, in pixels of the finest level. */
  get box(): Box {
    const { x, y, scale } = this.view;
    const [w, h] = [this.canvas.clientWidth / scale / 2, this.canvas.clientHeight / scale / 2];
    return { left: x - w, top: y - h, right: x + w, bottom: y + h };
  }

  private plan(): void {
    if (this.isPlanned) return;
    this.isPlanned = true;
    requestAnimationFrame(() => { this.isPlanned = false; this.draw(); });
  }

  private draw(): void {
    const context = this.canvas.getContext('2d');
    if (!context || !this.canvas.width) return;
    const chosen = levelAt(this.slide.levels, this.view.scale * devicePixelRatio);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = BACKGROUND;
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    // The coarsest level is always wanted: nothing stays empty for long.
    const drawn = [...new Set([this.slide.levels.length - 1, Math.min(chosen + 1, this.slide.levels.length - 1), chosen])];
    const wanted = drawn.map((index) => this.paint(context, this.slide.levels[index] as Level, index === chosen ? MOST_TILES : MOST_BEHIND));
    this.source.want([...(wanted[0] ?? []), ...wanted.slice(1).toReversed().flat()]);
    this.drawn(this.view, chosen, this.source.nMissing);
  }

  /** Paint what is there of a level; returns all its tiles on the screen, the nearest to the middle first. */
  private paint(context: CanvasRenderingContext2D, level: Level, most: number): WantedTile[] {
    const part = level.columns / this.finest.columns;
    const { left, top, right, bottom } = this.box;
    const box = { left: left * part, top: top * part, right: right * part, bottom: bottom * part };
    const [cx, cy] = [(box.left + box.right - level.tileWidth) / 2, (box.top + box.bottom - level.tileHeight) / 2];
    const tiles = tilesIn(level, box).sort((a, b) => Math.hypot(a.x - cx, a.y - cy) - Math.hypot(b.x - cx, b.y - cy)).slice(0, most);
    const scale = (this.view.scale / part) * devicePixelRatio;
    context.imageSmoothingEnabled = scale < 2;
    for (const { frame, x, y } of tiles) {
      const bitmap = this.source.get({ level, frame });
      if (!bitmap) continue;
      // Tiles at the edge are padded beyond the slide; whole screen pixels leave no seams.
      const [w, h] = [Math.min(level.tileWidth, level.columns - x), Math.min(level.tileHeight, level.rows - y)];
      const [l, t, r, b] = [(x - box.left) * scale, (y - box.top) * scale, (x + w - box.left) * scale, (y + h - box.top) * scale].map(Math.round) as [number, number, number, number];
      context.drawImage(bitmap, 0, 0, w, h, l, t, r - l, b - t);
    }
    return tiles.map(({ frame }) => ({ level, frame }));
  }

  close(): void {
    this.stop();
    this.source.close();
  }
}
