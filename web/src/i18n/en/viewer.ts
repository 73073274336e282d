// The viewer, in English.
export default {
  back: 'Back to the studies',
  picture: 'Image of the study',
};
