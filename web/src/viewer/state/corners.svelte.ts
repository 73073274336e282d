// What did the reader choose for the corners of an image? By modality, kept in the browser; the usual ones until then.
import { recallJson, remember } from '../../state/remembered';
import { isCornerChoice, usualCorners, type CornerChoice } from '../model/corner_text';

type Chosen = Readonly<Record<string, CornerChoice>>;
const isChosen = (value: unknown): value is Chosen => typeof value === 'object' && value !== null && Object.values(value).every(isCornerChoice);

class Corners {
  private all = $state.raw<Chosen>(recallJson('corners', isChosen, {}));

  /** Return what stands in the corners of a modality. */
  of(modality: string): CornerChoice {
    return (this.isChosen(modality) && this.all[modality]) || usualCorners(modality);
  }

  isChosen(modality: string): boolean {
    return Object.hasOwn(this.all, modality);
  }

  /** Choose for a modality, or with nothing go back to the usual. */
  choose(modality: string, choice?: CornerChoice): void {
    const { [modality]: _, ...others } = this.all;
    this.all = choice ? { ...others, [modality]: choice } : others;
    remember('corners', this.all);
  }
}

export const corners = new Corners();
