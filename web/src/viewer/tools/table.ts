// Which tools are there? One line each; toolbar, keys, help sheet and Cornerstone read this table.
import { angle } from './angle';
import { arrow } from './arrow';
import { bidirectional } from './bidirectional';
import { cobb } from './cobb';
import { ellipse } from './ellipse';
import { freehand } from './freehand';
import { length } from './length';
import { locate } from './locate';
import { magnify } from './magnify';
import { pan } from './pan';
import { probe } from './probe';
import { rectangle } from './rectangle';
import { region } from './region';
import { scroll } from './scroll';
import { window } from './window';
import { zoom } from './zoom';

export const TOOLS = [
  window,
  scroll,
  pan,
  zoom,
  magnify,
  region,
  locate,
  length,
  bidirectional,
  angle,
  cobb,
  ellipse,
  rectangle,
  freehand,
  arrow,
  probe,
] as const;

export type ToolId = (typeof TOOLS)[number]['id'];

/** The tools that Cornerstone works with. */
export type CornerstoneToolId = Exclude<ToolId, 'locate'>;
export const isCornerstoneTool = (id: ToolId): id is CornerstoneToolId => id !== 'locate';
