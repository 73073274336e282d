// How are files chosen by hand? The browser's own dialog, for files or one folder.
import { uploads } from './uploads.svelte';

/** Let the user choose files, or a folder, and upload them; `query` says for which patient. */
export function chooseFiles(folder: boolean, query = ''): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  if (folder) input.webkitdirectory = true;
  input.addEventListener('change', () => {
    uploads.add([...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name, query })));
  });
  input.click();
}
