// Which view does the address name? The address is the state: path and query, nothing hidden.

/** Where the page is: reactive, changed only by `navigate` and the browser's own back and forward. */
class Place {
  path = $state(location.pathname);
  query = $state(location.search);
  readonly params = $derived(new URLSearchParams(this.query));

  read(): void {
    this.path = location.pathname;
    this.query = location.search;
  }
}

export const place = new Place();
addEventListener('popstate', () => place.read());

/** Go to another address of the page; `replace` leaves no entry in the history. */
export function navigate(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return;
  if (replace) history.replaceState(history.state, '', to);
  else history.pushState({ inside: true }, '', to);
  place.read();
}

/** Go back to where the user came from within the page, else to `fallback`. */
export function goBack(fallback = '/'): void {
  if ((history.state as { inside?: boolean } | null)?.inside) history.back();
  else navigate(fallback, { replace: true });
}

/** Say whether a click on a link is one that the page should answer itself. */
export function isOwnClick(event: MouseEvent): HTMLAnchorElement | null {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = (event.target as Element | null)?.closest('a');
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return null;
  return /^\/(dicom-web|api|aets|wado)(\/|$)/.test(link.pathname) || link.hash ? null : link;
}
