// Which tool does which mouse button use? One group for stacks; the table of tools says the rest.
import { valuesOf, type Stats } from '../model/measurements';
import { valueText } from '../model/value_text';
import { isCornerstoneTool, TOOLS, type CornerstoneToolId, type ToolId } from '../tools/table';
import { askText } from './ask';
import { cornerstone, tools } from './packages';
import { classOf } from './tool_classes';

const GROUP = 'stacks';

/** What a shape says beside itself: its values in the reader's language, as the list of measurements has them. */
const textLines = (data: { cachedStats: Record<string, Stats> }, target: string): string[] => {
  const stats = data.cachedStats[target];
  return stats ? valuesOf(stats).map(valueText) : [];
};
const MEASURING = {
  getTextLines: textLines,
  calculateStats: true,
  // Where PET lies over other images, it is what is measured.
  targetsFilter: <T extends { modality?: string }>(layers: readonly T[]): T[] => {
    const pet = layers.filter(({ modality }) => modality === 'PT');
    return pet.length ? pet : layers.slice(0, 1);
  },
  getTextCallback: (done: (text: string | null) => void) => askText('', done),
  changeTextCallback: (data: { data?: { text?: string } }, _event: unknown, done: (text: string | null) => void) => askText(data.data?.text ?? '', done),
};

/** Viewports that share tools, and which of the table's tools their panes do themselves. */
const groups = new Map<string, readonly ToolId[]>();
let inHand: ToolId = 'window';

/** Make all tools known and give the buttons their meaning: wheel scrolls, right zooms, middle pans. */
export function installTools(): void {
  for (const { id } of TOOLS) if (isCornerstoneTool(id)) tools.addTool(classOf(id));
  installGroup(GROUP, []);
}

/** Make a group of viewports that use the tools of the table, but for some. */
export function installGroup(name: string, without: readonly ToolId[]): void {
  const group = tools.ToolGroupManager.createToolGroup(name);
  if (!group) throw new Error('the tools are installed already');
  groups.set(name, without);
  for (const tool of toolsOf(without)) group.addTool(classOf(tool.id).toolName, tool.kind === 'measure' ? MEASURING : tool.configuration);
  activate(inHand);
}

const toolsOf = (without: readonly ToolId[]): ((typeof TOOLS)[number] & { id: CornerstoneToolId })[] =>
  TOOLS.filter((tool): tool is (typeof TOOLS)[number] & { id: CornerstoneToolId } => isCornerstoneTool(tool.id) && !without.includes(tool.id));

/** Put one tool on the left button; the others keep theirs. */
export function activate(id: ToolId): void {
  inHand = id;
  const { MouseBindings } = tools.Enums;
  for (const [groupName, without] of groups) {
    const group = tools.ToolGroupManager.getToolGroup(groupName);
    for (const tool of toolsOf(without)) {
      const name = classOf(tool.id).toolName;
      const bindings: { mouseButton?: number; numTouchPoints?: number }[] = [];
      if (tool.id === id) bindings.push({ mouseButton: MouseBindings.Primary }, { numTouchPoints: 1 });
      if (tool.id === 'scroll') bindings.push({ mouseButton: MouseBindings.Wheel });
      if (tool.id === 'pan') bindings.push({ mouseButton: MouseBindings.Auxiliary }, { numTouchPoints: 3 });
      if (tool.id === 'zoom') bindings.push({ mouseButton: MouseBindings.Secondary }, { numTouchPoints: 2 });
      if (bindings.length) group?.setToolActive(name, { bindings });
      else group?.setToolPassive(name, { removeAllBindings: true });
    }
  }
}

/** Let the tools of a group work on a viewport. */
export function attachTools(viewportId: string, engineId: string, group = GROUP): void {
  tools.ToolGroupManager.getToolGroup(group)?.addViewport(viewportId, engineId);
}

/** Take the tools off a viewport. */
export function detachTools(viewportId: string, engineId: string, group = GROUP): void {
  tools.ToolGroupManager.getToolGroup(group)?.removeViewports(engineId, viewportId);
}

export const { Events } = cornerstone.Enums;
