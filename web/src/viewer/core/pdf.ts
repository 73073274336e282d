// How is a PDF opened? By pdf.js, in a worker, with its scripts and forms left alone.
import { getDocument, GlobalWorkerOptions, type PDFDocumentProxy } from 'pdfjs-dist';
import worker from 'pdfjs-dist/build/pdf.worker.min.mjs?url';

GlobalWorkerOptions.workerSrc = worker;

/** Open a PDF from its bytes; raises what pdf.js raises. */
export const openPdf = (data: Uint8Array): Promise<PDFDocumentProxy> =>
  getDocument({ data, enableXfa: false, cMapUrl: '/assets/pdf/cmaps/', cMapPacked: true, standardFontDataUrl: '/assets/pdf/standard_fonts/', useWorkerFetch: true, useSystemFonts: true }).promise;
