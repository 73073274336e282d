// What was dropped onto the page? Files and whole folders, walked step by step (File and Directory Entries API).
/** `query` is what the upload's address says beside: for which patient. */
export type Found = { file: File; path: string; query?: string };

/** Say whether a drag carries files. */
export function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}

/** Yield the files of a drop as they are found; call it before the drop event ends. */
export function dropped(transfer: DataTransfer): AsyncGenerator<Found[]> {
  // Entries must be taken now: the transfer is empty as soon as the event handler returns.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return walked(entries);
}

async function* walked(entries: FileSystemEntry[]): AsyncGenerator<Found[]> {
  const files: Found[] = [];
  for (const entry of entries) {
    if (entry.isFile) {
      const file = await new Promise<File | null>((resolve) => (entry as FileSystemFileEntry).file(resolve, () => resolve(null)));
      if (file) files.push({ file, path: entry.fullPath.replace(/^\//, '') });
    } else if (entry.isDirectory) {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      for (;;) {
        // A reader gives at most a hundred at a time.
        const some = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
        if (!some.length) break;
        yield* walked(some);
      }
    }
  }
  if (files.length) yield files;
}
