// Objects over and beside images, in English.
export default {
  layers: 'Objects over the images',
  close: 'Close the list',
  noLayers: 'Nothing lies over the images. Choose a segmentation, structure set or dose from the list of series.',
  noImagesBelow: 'The images that this object belongs to are not among the open studies.',
  segmentation: 'Segmentation',
  structures: 'Structure set',
  dose: 'Dose',
  removeLayer: 'Take this object off the images',
  loading: 'Loading',
  opacity: 'Opacity',
  showAll: 'Show all',
  showItem: 'Show {name}',
  jumpTo: 'Go to where most of it is seen',
};
