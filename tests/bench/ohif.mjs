// How is OHIF's published build served beside an archive? As its makers say: files, every other path the page itself, DICOMweb on the same origin.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.png': 'image/png', '.woff2': 'font/woff2' };

const config = (root) => `window.config = { routerBasename: '/', extensions: [], modes: [], customizationService: {}, showStudyList: true, defaultDataSourceName: 'dut',
  investigationalUseDialog: { option: 'never' },
  dataSources: [{ namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'dut', configuration: {
    qidoRoot: '${root}', wadoRoot: '${root}', wadoUriRoot: '${root}', qidoSupportsIncludeField: true, supportsWildcard: true, supportsFuzzyMatching: false,
    imageRendering: 'wadors', thumbnailRendering: 'wadors', enableStudyLazyLoad: true, singlepart: 'bulkdata,video,pdf',
    bulkDataURI: { enabled: true, relativeResolution: 'studies' }, omitQuotationForMultipartRequest: true } }] };`;

/** Serve a folder with OHIF's files on a free port; `archive` is the base address of the archive. Returns its address and how to stop. */
export async function serveOhif(dist, archive) {
  const to = new URL(archive);
  const server = createServer((asked, answer) => {
    const path = new URL(asked.url, 'http://x').pathname;
    if (path.startsWith('/dicom-web/')) {
      const headers = { ...asked.headers, host: to.host };
      asked.pipe(request({ host: to.hostname, port: to.port, path: asked.url, method: asked.method, headers }, (given) => {
        answer.writeHead(given.statusCode, given.headers);
        given.pipe(answer);
      }));
      return;
    }
    if (path === '/app-config.js') {
      answer.writeHead(200, { 'Content-Type': TYPES['.js'] }).end(config(`${server.base}/dicom-web`));
      return;
    }
    const named = join(dist, normalize(path));
    const file = existsSync(named) && statSync(named).isFile() ? named : join(dist, 'index.html');
    answer.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(answer);
  });
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  server.base = `http://127.0.0.1:${server.address().port}`;
  return { base: `${server.base}/`, stop: () => server.closeAllConnections() || server.close() };
}
