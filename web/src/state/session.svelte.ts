// Who is signed in, and what may they do? Told by the server once at the start, and by every answer that wants a sign-in.
export type Action = 'view' | 'store' | 'edit' | 'delete' | 'send' | 'manage';
export type User = { name: string; role: string };
export type Told = { required: boolean; user: User | null; may: string[] };

class Session {
  #told = $state.raw<Told | null>(null);

  /** Whether the sign-in is to be shown instead of everything else. */
  readonly isOut = $derived(this.#told !== null && this.#told.required && this.#told.user === null);
  readonly user = $derived(this.#told?.user ?? null);
  /** Whether anybody has to sign in; false also while that is not known. */
  readonly required = $derived(this.#told?.required ?? false);

  /** Say whether a button for this is shown; until the server has told, all are. */
  can(action: Action): boolean {
    return this.#told === null || this.#told.may.includes(action);
  }

  /** Take what the server told. */
  take(told: Told): void {
    this.#told = told;
  }

  /** The server does not know us any more. */
  expired(): void {
    this.#told = { required: true, user: null, may: [] };
  }
}

export const session = new Session();
