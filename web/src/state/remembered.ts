// What does this browser remember of the user? Small choices in localStorage; a browser that forbids it just forgets.
const PREFIX = 'lumenarc.';

/** Return the remembered word when it is one of those allowed. */
export function recall<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
  const word = read(name);
  return allowed.find((one) => one === word) ?? otherwise;
}

/** Return remembered JSON when `accept` takes it. */
export function recallJson<T>(name: string, accept: (value: unknown) => value is T, otherwise: T): T {
  try {
    const value: unknown = JSON.parse(read(name) ?? 'null');
    return accept(value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

/** Keep a word, or JSON of anything else. */
export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, typeof value === 'string' ? value : JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the choice holds until the page is left.
  }
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}
