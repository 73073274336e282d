// What can be done at once, by key or button? One line each; toolbar, keys and help sheet read this table.
import { t as corners } from '../../i18n/corners';
import { t as hanging } from '../../i18n/hanging';
import { t as stack } from '../../i18n/stack';
import { t } from '../../i18n/viewer';
import { COLOR_MAPS } from '../model/color_maps';
import type { Viewer } from './viewer.svelte';

export interface Command {
  readonly id: string;
  readonly keys: readonly string[];
  readonly label: () => string;
  readonly icon?: string;
  /** Say whether a lasting choice is on. */
  readonly isOn?: (viewer: Viewer) => boolean;
  readonly run: (viewer: Viewer) => void;
}

const PAGE = 10;
const by = (viewer: Viewer, step: number): void => viewer.active.goTo(viewer.active.index + step);

/** What changes how the image is seen. */
export const VIEW_COMMANDS: readonly Command[] = [
  { id: 'auto', keys: ['0'], label: () => t('autoWindow'), icon: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M7 13l3-7 3 7M8.2 10.500h3.600', run: ({ view }) => view?.autoWindow() },
  { id: 'invert', keys: ['v'], label: () => t('invert'), icon: 'M3 3h14v14H3zM3 17L17 3M6 5.500v3M4.500 7h3M12 14h3', run: ({ view }) => view?.invert() },
  { id: 'rotate', keys: ['o'], label: () => t('rotate'), icon: 'M15.500 6.500A6.500 6.500 0 1 0 16.500 10M15.800 2.500v4h-4', run: ({ view }) => view?.rotate() },
  { id: 'flipHorizontal', keys: ['x'], label: () => t('flipHorizontal'), icon: 'M10 2.500v15M7.500 5.500v9L2.500 14.500zM12.500 5.500v9l5 0z', run: ({ view }) => view?.flip('horizontal') },
  { id: 'flipVertical', keys: ['y'], label: () => t('flipVertical'), icon: 'M2.500 10h15M5.500 7.500h9L14.500 2.500zM5.500 12.500h9l0 5z', run: ({ view }) => view?.flip('vertical') },
  { id: 'fit', keys: ['f'], label: () => t('fit'), icon: 'M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4M7 7h6v6H7z', run: ({ view }) => view?.fit() },
  { id: 'actual', keys: ['='], label: () => t('actualPixels'), run: ({ view }) => view?.zoomTo(1 / devicePixelRatio) },
  { id: 'colors', keys: ['U'], label: () => stack('nextColors'), run: ({ active }) => active.setColors(COLOR_MAPS[(COLOR_MAPS.indexOf(active.colors) + 1) % COLOR_MAPS.length] ?? 'grey') },
  { id: 'planes', keys: ['I'], label: () => stack('overlays'), run: ({ active }) => active.toggleOverlays() },
  { id: 'reset', keys: ['Backspace'], label: () => t('reset'), icon: 'M4 4v4.500h4.500M4.300 8.200A6.300 6.300 0 1 1 4 12', run: ({ view }) => view?.reset() },
];

/** What moves through images and series. */
export const MOVE_COMMANDS: readonly Command[] = [
  { id: 'next', keys: ['ArrowDown', 'ArrowRight'], label: () => t('nextImage'), run: (viewer) => by(viewer, 1) },
  { id: 'previous', keys: ['ArrowUp', 'ArrowLeft'], label: () => t('previousImage'), run: (viewer) => by(viewer, -1) },
  { id: 'pageDown', keys: ['PageDown'], label: () => t('forward'), run: (viewer) => by(viewer, PAGE) },
  { id: 'pageUp', keys: ['PageUp'], label: () => t('backward'), run: (viewer) => by(viewer, -PAGE) },
  { id: 'first', keys: ['Home'], label: () => t('firstImage'), run: ({ active }) => active.goTo(0) },
  { id: 'last', keys: ['End'], label: () => t('lastImage'), run: ({ active }) => active.goTo(active.count - 1) },
  { id: 'previousTime', keys: [','], label: () => t('previousTime'), run: ({ active }) => { void active.goToPhase(-1, true); } },
  { id: 'nextTime', keys: ['.'], label: () => t('nextTime'), run: ({ active }) => { void active.goToPhase(1, true); } },
  { id: 'previousSeries', keys: ['['], label: () => t('previousSeries'), run: (viewer) => viewer.step(-1) },
  { id: 'nextSeries', keys: [']'], label: () => t('nextSeries'), run: (viewer) => viewer.step(1) },
];

/** What shows or plays. */
export const SHOW_COMMANDS: readonly Command[] = [
  { id: 'cine', keys: ['c', ' '], label: () => t('cine'), icon: 'M6 4l10 6-10 6z', run: ({ active }) => { if (active.count > 1) active.isPlaying = !active.isPlaying; } },
  { id: 'overlay', keys: ['i'], label: () => t('overlay'), icon: 'M3 4h14v12H3zM5.500 7h4M5.500 9.500h3M11 13.500h3.500', isOn: (viewer) => viewer.showsOverlay, run: (viewer) => { viewer.showsOverlay = !viewer.showsOverlay; } },
  { id: 'link', keys: [';'], label: () => t('linked'), icon: 'M8 12l4-4M9 6l2-2a3.500 3.500 0 0 1 5 5l-2 2M11 14l-2 2a3.500 3.500 0 0 1-5-5l2-2', isOn: (viewer) => viewer.isLinked, run: (viewer) => { viewer.isLinked = !viewer.isLinked; } },
  { id: 'lines', keys: ['d'], label: () => t('referenceLines'), icon: 'M3 3h14v14H3zM3 12.500l14-5', isOn: (viewer) => viewer.showsLines, run: (viewer) => { viewer.showsLines = !viewer.showsLines; } },
  { id: 'layers', keys: ['O'], label: () => t('layersShown'), icon: 'M10 3l7.500 4-7.500 4-7.500-4zM3.500 10.500L10 14l6.500-3.500M3.500 13.500L10 17l6.500-3.500', isOn: ({ layers }) => layers.isOpen, run: ({ layers }) => { layers.isOpen = !layers.isOpen; } },
  { id: 'volume', keys: ['M'], label: () => t('asVolume'), icon: 'M10 2.500l6.500 3.700v7.600L10 17.500l-6.500-3.700V6.200zM10 10l6.500-3.800M10 10L3.500 6.200M10 10v7.500', isOn: (viewer) => viewer.volume !== undefined, run: (viewer) => void viewer.toggleVolume() },
  { id: 'window', keys: ['W'], label: () => stack('openWindow'), run: ({ exports }) => exports.openWindow() },
  { id: 'copyLink', keys: ['L'], label: () => stack('copyLink'), run: ({ exports }) => void exports.copyAddress() },
  { id: 'markKey', keys: ['K'], label: () => stack('mark'), run: ({ keyImages }) => keyImages.toggle() },
  { id: 'keyImages', keys: ['J'], label: () => stack('keyImages'), icon: 'M10 3l2.100 4.500 4.900.6-3.600 3.400.9 4.900L10 14l-4.300 2.400.9-4.900L3 8.100l4.900-.6z', isOn: ({ keyImages }) => keyImages.isOpen, run: ({ keyImages }) => { keyImages.isOpen = !keyImages.isOpen; } },
  { id: 'header', keys: ['T'], label: () => stack('headerOf'), icon: 'M4 4h12M4 8h12M4 12h7M4 16h7', isOn: (viewer) => viewer.showsHeader, run: (viewer) => { viewer.showsHeader = !viewer.showsHeader; } },
  { id: 'maximise', keys: ['Enter'], label: () => t('maximise'), run: (viewer) => viewer.toggleMaximised() },
  { id: 'fullScreen', keys: ['F11'], label: () => t('fullScreen'), icon: 'M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4', run: () => { void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()); } },
  { id: 'hanging', keys: ['H'], label: () => hanging('title'), run: (viewer) => { viewer.editor = 'hanging'; } },
  { id: 'corners', keys: ['E'], label: () => corners('title'), run: (viewer) => { viewer.editor = 'corners'; } },
  { id: 'smoothing', keys: ['j'], label: () => t('smoothing'), icon: 'M3 13h4v-4h4V5h6', run: ({ view }) => view?.toggleSmoothing() },
];

/** What is done with measurements. */
export const MEASURE_COMMANDS: readonly Command[] = [
  { id: 'undo', keys: ['Ctrl+z'], label: () => t('undo'), run: ({ measurements }) => measurements.undo() },
  { id: 'redo', keys: ['Ctrl+y', 'Ctrl+Z'], label: () => t('redo'), run: ({ measurements }) => measurements.redo() },
  { id: 'deleteSelected', keys: ['Delete'], label: () => t('deleteSelected'), run: ({ measurements }) => measurements.removeSelected() },
  { id: 'measurements', keys: ['g'], label: () => t('measurements'), icon: 'M3 4h14v12H3zM12 4v12M14 7h1M14 10h1M14 13h1', isOn: ({ measurements }) => measurements.isOpen, run: ({ measurements }) => { measurements.isOpen = !measurements.isOpen; } },
];
