// How does a tool ask for words? Through the page: whoever shows the question registers here.
type Done = (text: string | null) => void;
let asker: ((before: string, done: Done) => void) | undefined;

/** Say who shows the question; returns how to stop. */
export function answerQuestions(by: (before: string, done: Done) => void): () => void {
  asker = by;
  return () => { asker = undefined; };
}

/** Ask for a text; null when there is none. */
export function askText(before: string, done: Done): void {
  if (asker) asker(before, done);
  else done(null);
}
