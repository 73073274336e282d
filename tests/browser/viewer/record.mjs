// Where does a video for the tests come from? The browser's own encoder films a canvas.
import { writeFileSync } from 'node:fs';

export async function run({ page, base, out }) {
  await page.goto(`${base}healthz`);
  const bytes = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 120 });
    const context = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(10), { mimeType: 'video/mp4;codecs=avc1.42E01E' });
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.start();
    for (let i = 0; i < 12; i += 1) {
      context.fillStyle = i % 2 ? '#f00' : '#0f0';
      context.fillRect(0, 0, 160, 120);
      await new Promise((done) => setTimeout(done, 100));
    }
    const stopped = new Promise((done) => { recorder.onstop = done; });
    recorder.stop();
    await stopped;
    return Array.from(new Uint8Array(await new Blob(parts).arrayBuffer()));
  });
  writeFileSync(out, Uint8Array.from(bytes));
}
