// How do three planes cut a volume? Each looks along its normal with one direction up; all go through one place and turn together.
import { add, cross, dot, scale, subtract, type Vector } from '../model/geometry';

export const PLANES = ['axial', 'sagittal', 'coronal'] as const;
export type PlaneName = (typeof PLANES)[number];

/** How a plane is looked at: `normal` points to the reader, `up` to the top of the screen. */
export interface Look { readonly normal: Vector; readonly up: Vector }
export type Looks = Readonly<Record<PlaneName, Look>>;

/** The planes of the body as readers hang them: the patient's left on the right, the front or the head on top. */
export const STRAIGHT: Looks = {
  axial: { normal: [0, 0, -1], up: [0, -1, 0] },
  sagittal: { normal: [1, 0, 0], up: [0, 0, 1] },
  coronal: { normal: [0, -1, 0], up: [0, 0, 1] },
};

const unit = (v: Vector): Vector => scale(v, 1 / (Math.hypot(...v) || 1));

/** Return the direction to the right of the screen. */
export const rightOf = ({ normal, up }: Look): Vector => cross(up, normal);

/** Turn a vector about a unit axis, counter-clockwise for whom the axis points to; the angle is in radians. */
export function turned(v: Vector, axis: Vector, angle: number): Vector {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return add(add(scale(v, c), scale(cross(axis, v), s)), scale(axis, dot(axis, v) * (1 - c)));
}

function straightened({ normal, up }: Look): Look {
  const n = unit(normal);
  return { normal: n, up: unit(subtract(up, scale(n, dot(up, n)))) };
}

/** Turn the two other planes about the normal of one, counter-clockwise on its screen. */
export function turnedIn(looks: Looks, plane: PlaneName, angle: number): Looks {
  const axis = looks[plane].normal;
  const turn = (name: PlaneName): Look => (name === plane ? looks[name] : straightened({ normal: turned(looks[name].normal, axis, angle), up: turned(looks[name].up, axis, angle) }));
  return { axial: turn('axial'), sagittal: turn('sagittal'), coronal: turn('coronal') };
}

/** Turn the picture of one plane on its screen, clockwise. */
export const spun = (look: Look, angle: number): Look => straightened({ normal: look.normal, up: turned(look.up, look.normal, angle) });

/** Look at a plane from its other side: left and right, or top and bottom change places. */
export const mirrored = ({ normal, up }: Look, axis: 'horizontal' | 'vertical'): Look => ({ normal: scale(normal, -1), up: axis === 'horizontal' ? up : scale(up, -1) });

/** Return the looks along the axes of a grid, each the nearest to the plane of the body. */
export function alongAxes(axes: readonly [Vector, Vector, Vector]): Looks {
  const nearest = (to: Vector, among: readonly Vector[]): Vector => {
    const best = among.reduce((a, b) => (Math.abs(dot(a, to)) >= Math.abs(dot(b, to)) ? a : b));
    return scale(best, dot(best, to) < 0 ? -1 : 1);
  };
  // The axis that is most surely one of the body's is given away first.
  const left = [...axes];
  const given: Partial<Record<0 | 1 | 2, Vector>> = {};
  for (let n = 0; n < 3; n += 1) {
    let best: { body: 0 | 1 | 2; axis: Vector; by: number } | undefined;
    for (const body of [0, 1, 2] as const) {
      if (given[body]) continue;
      for (const axis of left) if (!best || Math.abs(axis[body]) > best.by) best = { body, axis, by: Math.abs(axis[body]) };
    }
    if (!best) break;
    const { body, axis } = best;
    given[body] = scale(axis, axis[body] < 0 ? -1 : 1);
    left.splice(left.indexOf(axis), 1);
  }
  const [x, y, z] = [given[0] ?? nearest([1, 0, 0], axes), given[1] ?? nearest([0, 1, 0], axes), given[2] ?? nearest([0, 0, 1], axes)];
  return {
    axial: straightened({ normal: scale(z, -1), up: scale(y, -1) }),
    sagittal: straightened({ normal: x, up: z }),
    coronal: straightened({ normal: scale(y, -1), up: z }),
  };
}

/** Say whether two planes are nearly as they hang in a straight patient: their name is then true. */
export const isStraight = (look: Look, plane: PlaneName): boolean => Math.abs(dot(look.normal, STRAIGHT[plane].normal)) > Math.cos((2 * Math.PI) / 180);

/** Return the direction in which plane `other` cuts plane `own`, as seen on the screen of `own`: [right, down]. */
export function cutOnScreen(own: Look, other: Look): readonly [number, number] {
  const along = unit(cross(own.normal, other.normal));
  return [dot(along, rightOf(own)), -dot(along, own.up)];
}

/** Move a place onto the plane through `target` that a look sees. */
export const ontoPlane = (place: Vector, target: Vector, { normal }: Look): Vector => add(place, scale(normal, dot(subtract(target, place), normal)));
