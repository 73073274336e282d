// What is a tool? What the table needs to know of it: one file per tool, one line in the table.

export interface Tool<Id extends string = string> {
  readonly id: Id;
  /** The key that takes it in hand. */
  readonly key: string;
  /** What it does: change the view, measure, or something that the cells do themselves. */
  readonly kind: 'image' | 'measure' | 'own';
  readonly label: () => string;
  /** Strokes on a grid of 20. */
  readonly icon: string;
  readonly configuration?: Readonly<Record<string, unknown>>;
}

/** Keep the id of a tool as a type of its own. */
export const tool = <Id extends string>(described: Tool<Id>): Tool<Id> => described;
