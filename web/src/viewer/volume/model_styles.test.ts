// Which looks has a model, and is what should be clear really clear?
import { expect, test } from 'vitest';
import { MODEL_STYLES, styleFor, type Styled } from './model_styles';

const RANGE = { lower: 0, upper: 1000 };
const opacityAt = ({ opacity }: Styled, value: number): number => {
  const after = opacity.findIndex(([at]) => at >= value);
  const [a, b] = [opacity[Math.max(0, after - 1)] ?? [0, 0], opacity[after] ?? [0, 0]];
  return a[0] === b[0] ? b[1] : a[1] + ((value - a[0]) / (b[0] - a[0])) * (b[1] - a[1]);
};

test('CT has all looks, other modalities those that follow the window', () => {
  expect(MODEL_STYLES.filter((style) => styleFor(style, 'CT', RANGE))).toEqual([...MODEL_STYLES]);
  expect(MODEL_STYLES.filter((style) => styleFor(style, 'MR', RANGE))).toEqual(['window', 'maximum']);
});

test('air is clear in every shaded look; bone hides water, lung hides bone', () => {
  for (const style of MODEL_STYLES) {
    const styled = styleFor(style, 'CT', RANGE);
    if (styled?.isShaded) expect(opacityAt(styled, -1000), style).toBe(0);
  }
  const [bone, lung] = [styleFor('bone', 'CT', RANGE), styleFor('lung', 'CT', RANGE)];
  if (!bone || !lung) throw new Error('missing');
  expect([opacityAt(bone, 40), opacityAt(bone, 700) > 0.5, opacityAt(lung, 700), opacityAt(lung, -800) > 0]).toEqual([0, true, 0, true]);
});

test('points are in ascending order', () => {
  for (const style of MODEL_STYLES) {
    for (const points of [styleFor(style, 'CT', RANGE)?.opacity, styleFor(style, 'CT', RANGE)?.colours]) {
      const values = (points ?? []).map(([value]) => value);
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
  }
});
