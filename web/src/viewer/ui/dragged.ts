// Under which type does a dragged series travel?
export const DRAGGED = 'application/x-lumenarc-series';
