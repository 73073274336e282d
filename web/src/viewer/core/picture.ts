// How does what is seen become a picture? The canvas of a cell, and over it what others drew: layers, shapes, lines and words.

/** Return the picture of a cell; with everything that lies over the image, or the image alone. */
export async function pictureOf(cell: HTMLElement, withAnnotations: boolean): Promise<HTMLCanvasElement> {
  const canvas = cell.querySelector<HTMLCanvasElement>('canvas.cornerstone-canvas');
  if (!canvas) throw new Error('no image');
  const picture = document.createElement('canvas');
  Object.assign(picture, { width: canvas.width, height: canvas.height });
  const context = picture.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.drawImage(canvas, 0, 0);
  if (!withAnnotations) return picture;
  context.scale(devicePixelRatio, devicePixelRatio);
  const box = cell.getBoundingClientRect();
  for (const layer of cell.querySelectorAll('canvas')) {
    const own = layer.getBoundingClientRect();
    if (layer !== canvas && layer.width && own.width) context.drawImage(layer, own.x - box.x, own.y - box.y, own.width, own.height);
  }
  for (const drawing of cell.querySelectorAll<SVGSVGElement>('svg.svg-layer, svg.lines')) await paintSvg(context, drawing, box);
  for (const words of cell.querySelectorAll<HTMLElement>('.corner > div, .letter')) paintWords(context, words, box);
  return picture;
}

async function paintSvg(context: CanvasRenderingContext2D, drawing: SVGSVGElement, box: DOMRect): Promise<void> {
  const own = drawing.getBoundingClientRect();
  if (!own.width || !drawing.childElementCount) return;
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  // What styles and sheets say is said again by attributes: the picture has neither.
  const [from, to] = [[drawing, ...drawing.querySelectorAll<SVGElement>('*')], [copy, ...copy.querySelectorAll<SVGElement>('*')]];
  from.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of ['stroke', 'stroke-width', 'stroke-dasharray', 'fill', 'font-size', 'font-family', 'opacity', 'text-anchor', 'dominant-baseline', 'visibility', 'display']) to[i]?.setAttribute(name, style.getPropertyValue(name));
    to[i]?.removeAttribute('style');
    to[i]?.removeAttribute('class');
  });
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(own.width));
  copy.setAttribute('height', String(own.height));
  const url = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' }));
  const image = new Image();
  image.src = url;
  await image.decode().finally(() => URL.revokeObjectURL(url));
  context.drawImage(image, own.x - box.x, own.y - box.y, own.width, own.height);
}

function paintWords(context: CanvasRenderingContext2D, words: HTMLElement, box: DOMRect): void {
  const own = words.getBoundingClientRect();
  const style = getComputedStyle(words);
  const isRight = style.textAlign === 'right';
  Object.assign(context, { font: `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`, textBaseline: 'middle', textAlign: isRight ? 'right' : 'left', strokeStyle: '#000', lineWidth: 2, lineJoin: 'round', fillStyle: style.color });
  const [x, y] = [(isRight ? own.right : own.left) - box.x, own.y + own.height / 2 - box.y];
  context.strokeText(words.textContent, x, y, own.width + 2);
  context.fillText(words.textContent, x, y, own.width + 2);
}

/** Turn a picture into a file. */
export function fileOf(picture: HTMLCanvasElement, type: 'image/png' | 'image/jpeg'): Promise<Blob> {
  return new Promise((done, fail) => { picture.toBlob((blob) => { if (blob) done(blob); else fail(new Error(type)); }, type, 0.92); });
}

/** Hand a file to the reader. */
export function handOut(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const FILMS = ['video/mp4;codecs=avc1.42E01F', 'video/webm;codecs=vp9', 'video/webm'];

/** Film what `show` puts onto a canvas, one image a period; the browser writes at the speed of the film. */
export async function film(canvas: HTMLCanvasElement, count: number, fps: number, show: (index: number) => Promise<void>): Promise<Blob> {
  const type = FILMS.find((one) => MediaRecorder.isTypeSupported(one)) ?? '';
  const stream = canvas.captureStream(0);
  const [track] = stream.getVideoTracks() as CanvasCaptureMediaStreamTrack[];
  const recorder = new MediaRecorder(stream, { ...(type ? { mimeType: type } : {}), videoBitsPerSecond: 8_000_000 });
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise((done) => { recorder.onstop = done; });
  recorder.start();
  for (let index = 0; index < count; index += 1) {
    const next = new Promise((done) => { setTimeout(done, 1000 / fps); });
    await show(index);
    track?.requestFrame();
    await next;
  }
  recorder.stop();
  await ended;
  for (const one of stream.getTracks()) one.stop();
  return new Blob(parts, { type: recorder.mimeType.split(';')[0] ?? '' });
}
