// Which tools work on planes and on the model? The planes have those of stacks but scrolling, which the panes do themselves.
import { TrackballRotateTool } from '@cornerstonejs/tools';
import { cornerstone, tools } from '../core/packages';
import { installGroup } from '../core/tool_groups';
import { classOf } from '../core/tool_classes';

export const PLANE_GROUP = 'planes';
export const MODEL_GROUP = 'model';

/** Make both groups, once. */
export function installVolumeTools(): void {
  if (tools.ToolGroupManager.getToolGroup(PLANE_GROUP)) return;
  installGroup(PLANE_GROUP, ['scroll']);
  tools.addTool(TrackballRotateTool);
  const group = tools.ToolGroupManager.createToolGroup(MODEL_GROUP);
  const { MouseBindings } = tools.Enums;
  const [pan, zoom] = [classOf('pan').toolName, classOf('zoom').toolName];
  group?.addTool(TrackballRotateTool.toolName);
  group?.addTool(pan);
  group?.addTool(zoom);
  group?.setToolActive(TrackballRotateTool.toolName, { bindings: [{ mouseButton: MouseBindings.Primary }, { numTouchPoints: 1 }] });
  group?.setToolActive(pan, { bindings: [{ mouseButton: MouseBindings.Auxiliary }, { numTouchPoints: 3 }] });
  group?.setToolActive(zoom, { bindings: [{ mouseButton: MouseBindings.Secondary }, { mouseButton: MouseBindings.Wheel }, { numTouchPoints: 2 }] });
}

/** Say whether Cornerstone draws on the graphics processor at all. */
export const drawsOnGpu = (): boolean => !cornerstone.getShouldUseCPURendering();
