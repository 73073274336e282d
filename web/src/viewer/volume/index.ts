// What does the viewer load only when a volume is asked for, in one piece? Planes, model, fusion and their bar.
export { Volume } from './volume.svelte';
export { default as VolumeView } from './VolumeView.svelte';
