// Which keys does the viewer obey? Those of the tables, and the digits for the windows of the image that is shown.
import { t } from '../../i18n/viewer';
import type { KeyBinding, KeyGroup } from '../../keys.svelte';
import { TOOLS } from '../tools/table';
import { MEASURE_COMMANDS, MOVE_COMMANDS, SHOW_COMMANDS, VIEW_COMMANDS, type Command } from './commands';
import type { Viewer } from './viewer.svelte';

/** Return the groups for the help sheet and the one listener of the page. */
export function viewerKeys(viewer: Viewer): KeyGroup[] {
  const bound = (commands: readonly Command[]): KeyBinding[] =>
    commands.map(({ id, keys, label, run }) => ({ id: `viewer.${id}`, keys: [...keys], label, run: () => run(viewer) }));
  const windows: KeyBinding = {
    keys: Array.from({ length: 9 }, (_, index) => String(index + 1)),
    label: () => t('presetKeys'),
    run: ({ key }) => {
      const preset = viewer.windowed.presets()[Number(key) - 1];
      if (preset) viewer.windowed.setWindow(preset);
    },
  };
  return [
    { title: () => t('tools'), bindings: TOOLS.map(({ id, key, label }) => ({ id: `tool.${id}`, keys: [key], label, run: () => viewer.take(id) })) },
    { title: () => t('image'), bindings: [windows, ...bound(VIEW_COMMANDS)] },
    { title: () => t('moving'), bindings: bound(MOVE_COMMANDS) },
    { title: () => t('measurements'), bindings: bound(MEASURE_COMMANDS) },
    { title: () => t('showing'), bindings: bound(SHOW_COMMANDS) },
  ];
}
