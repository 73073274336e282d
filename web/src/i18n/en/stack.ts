// The stack viewer's menus, in English.
export default {
  look: 'Colours and presentation',
  colors: 'Colours',
  nextColors: 'Next colours',
  grey: 'Grey',
  hotIron: 'Hot iron',
  rainbow: 'Rainbow',
  viridis: 'Viridis',
  inferno: 'Inferno',
  cool: 'Cool',
  overlays: 'Overlay planes and graphics',
  states: 'Presentation states',
  asStored: 'As stored',
  unnamedState: 'Presentation state {n}',
  noState: 'The presentation state speaks of no image in this study.',
  ownTable: 'Table {n} of the image',
};
