// Which of Cornerstone's classes works behind each tool? Named one by one, so that the others stay out of the build.
import {
  AngleTool, ArrowAnnotateTool, BidirectionalTool, CobbAngleTool, EllipticalROITool, LengthTool, MagnifyTool, PanTool, PlanarFreehandROITool, ProbeTool,
  RectangleROITool, StackScrollTool, WindowLevelTool, ZoomTool,
} from '@cornerstonejs/tools';
import type { CornerstoneToolId } from '../tools/table';
import { RegionTool } from './region_tool';

export type ToolClass = typeof WindowLevelTool;

const TOOL_CLASSES = {
  window: WindowLevelTool,
  scroll: StackScrollTool,
  pan: PanTool,
  zoom: ZoomTool,
  magnify: MagnifyTool,
  region: RegionTool,
  length: LengthTool,
  bidirectional: BidirectionalTool,
  angle: AngleTool,
  cobb: CobbAngleTool,
  ellipse: EllipticalROITool,
  rectangle: RectangleROITool,
  freehand: PlanarFreehandROITool,
  arrow: ArrowAnnotateTool,
  probe: ProbeTool,
} as const satisfies Record<CornerstoneToolId, unknown>;

/** Return the class of a tool. */
export const classOf = (id: CornerstoneToolId): ToolClass => TOOL_CLASSES[id] as unknown as ToolClass;
