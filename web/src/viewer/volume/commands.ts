// What can be done with a volume, by key or button? These keys go before those of the stack while a volume is open.
import { t } from '../../i18n/volume';
import type { KeyBinding, KeyGroup } from '../../keys.svelte';
import { MODEL_STYLES, styleFor } from './model_styles';
import type { Volume } from './volume.svelte';

export interface VolumeCommand {
  readonly id: string;
  readonly keys: readonly string[];
  readonly label: () => string;
  readonly icon?: string;
  readonly isOn?: (volume: Volume) => boolean;
  readonly run: (volume: Volume) => void;
}

const TURN = Math.PI / 36;
const MODEL_TURN = Math.PI / 12;
const PAGE = 10;
const FAR = 1e6;

/** What divides the area: planes, planes and model, model. */
export const ARRANGEMENT_COMMANDS: readonly VolumeCommand[] = [
  { id: 'planes', keys: [], label: () => t('arrangePlanes'), icon: 'M3 3.500h8v13H3zM11 3.500h6v6.500h-6zM11 10h6v6.500h-6z', isOn: ({ arrangement }) => arrangement === 'planes', run: (volume) => { arrange(volume, 'planes'); } },
  { id: 'four', keys: ['Q'], label: () => t('arrangeFour'), icon: 'M3 3.500h14v13H3zM10 3.500v13M3 10h14', isOn: ({ arrangement }) => arrangement === 'four', run: (volume) => { arrange(volume, volume.arrangement === 'four' ? 'planes' : 'four'); } },
  { id: 'model', keys: ['D'], label: () => t('arrangeModel'), icon: 'M10 2.500l6.500 3.700v7.600L10 17.500l-6.500-3.700V6.200zM10 10l6.500-3.800M10 10L3.500 6.200M10 10v7.500', isOn: ({ arrangement }) => arrangement === 'model', run: (volume) => { arrange(volume, volume.arrangement === 'model' ? 'planes' : 'model'); } },
];

/** Choose an arrangement; the active pane is one that it shows. */
export function arrange(volume: Volume, to: Volume['arrangement']): void {
  volume.arrangement = to;
  volume.isAlone = false;
  if (to === 'model') volume.active = 'model';
  else if (volume.active === 'model') volume.active = 'axial';
}

/** What changes where and how the planes cut. */
export const PLANE_COMMANDS: readonly VolumeCommand[] = [
  { id: 'cross', keys: ['C'], label: () => t('cross'), icon: 'M10 2.500v5M10 12.500v5M2.500 10h5M12.500 10h5M10 9.500v1M9.500 10h1', isOn: ({ showsCross }) => showsCross, run: (volume) => { volume.showsCross = !volume.showsCross; } },
  { id: 'body', keys: ['A'], label: () => t('alignBody'), icon: 'M10 2.500a2 2 0 1 0 0 4 2 2 0 0 0 0-4M10 6.500v6M6 9h8M10 12.500L7.500 17.500M10 12.500l2.500 5', run: (volume) => volume.align('body') },
  { id: 'series', keys: ['S'], label: () => t('alignSeries'), icon: 'M4 13.500L13.500 4l3 3L7 16.500zM7 10.500l3 3M10 7.500l3 3', run: (volume) => volume.align('series') },
  { id: 'blend', keys: ['B'], label: () => t('nextBlend'), run: (volume) => volume.nextBlend() },
  { id: 'thicker', keys: ['+'], label: () => t('thicker'), run: (volume) => volume.setSlab(volume.blend === 'thin' ? 'maximum' : volume.blend, volume.thickness + 1) },
  { id: 'thinner', keys: ['-'], label: () => t('thinner'), run: (volume) => volume.setSlab(volume.blend, volume.thickness - 1) },
  { id: 'fusion', keys: ['F'], label: () => t('toggleFusion'), run: (volume) => volume.toggleFusion() },
  { id: 'turnLeft', keys: [','], label: () => t('turnLeft'), run: (volume) => turn(volume, TURN) },
  { id: 'turnRight', keys: ['.'], label: () => t('turnRight'), run: (volume) => turn(volume, -TURN) },
  { id: 'nextPane', keys: ['`', 'N'], label: () => t('nextPane'), run: (volume) => { volume.active = panesOf(volume)[(panesOf(volume).indexOf(volume.active) + 1) % panesOf(volume).length] ?? 'axial'; } },
  { id: 'alone', keys: ['Enter'], label: () => t('paneAlone'), run: (volume) => { volume.isAlone = !volume.isAlone; } },
  { id: 'style', keys: ['P'], label: () => t('nextStyle'), run: (volume) => nextStyle(volume) },
];

/** Return the panes of the arrangement in reading order. */
export const panesOf = ({ arrangement }: Volume): readonly Volume['active'][] => (arrangement === 'model' ? ['model'] : ['axial', 'sagittal', 'coronal', ...(arrangement === 'four' ? (['model'] as const) : [])]);

/** Return the styles that mean something for the volume. */
export const stylesOf = ({ base }: Volume): typeof MODEL_STYLES[number][] => (base ? MODEL_STYLES.filter((style) => styleFor(style, base.volume.modality, base.range)) : []);

function nextStyle(volume: Volume): void {
  const styles = stylesOf(volume);
  volume.setStyle(styles[(styles.indexOf(volume.style) + 1) % styles.length] ?? 'window');
}

function turn(volume: Volume, angle: number): void {
  if (volume.active === 'model') volume.modelView?.turn(-angle, 0);
  else volume.turn(volume.active, angle);
}

/** In a plane the arrows go through its slices; a model they turn. */
function move(volume: Volume, steps: number, right: number, down: number): void {
  if (volume.active === 'model') volume.modelView?.turn(right * MODEL_TURN, down * MODEL_TURN);
  else volume.scroll(volume.active, steps);
}

const MOVE_COMMANDS: readonly VolumeCommand[] = [
  { id: 'down', keys: ['ArrowDown'], label: () => t('nextSlice'), run: (volume) => move(volume, 1, 0, 1) },
  { id: 'right', keys: ['ArrowRight'], label: () => t('nextSlice'), run: (volume) => move(volume, 1, 1, 0) },
  { id: 'up', keys: ['ArrowUp'], label: () => t('previousSlice'), run: (volume) => move(volume, -1, 0, -1) },
  { id: 'left', keys: ['ArrowLeft'], label: () => t('previousSlice'), run: (volume) => move(volume, -1, -1, 0) },
  { id: 'pageDown', keys: ['PageDown'], label: () => t('forward'), run: (volume) => move(volume, PAGE, 0, 3) },
  { id: 'pageUp', keys: ['PageUp'], label: () => t('backward'), run: (volume) => move(volume, -PAGE, 0, -3) },
  { id: 'first', keys: ['Home'], label: () => t('firstSlice'), run: (volume) => move(volume, -FAR, 0, 0) },
  { id: 'last', keys: ['End'], label: () => t('lastSlice'), run: (volume) => move(volume, FAR, 0, 0) },
];

/** Return the groups for the help sheet and the one listener of the page. */
export function volumeKeys(volume: Volume, leave: () => void): KeyGroup[] {
  const bound = (commands: readonly VolumeCommand[]): KeyBinding[] => commands.filter(({ keys }) => keys.length).map(({ keys, label, run }) => ({ keys: [...keys], label, run: () => run(volume) }));
  return [
    { title: () => t('volume'), bindings: [...bound([...ARRANGEMENT_COMMANDS, ...PLANE_COMMANDS]), { keys: ['Escape', 'M'], label: () => t('leave'), run: leave }] },
    { title: () => t('moving'), bindings: bound(MOVE_COMMANDS) },
  ];
}
