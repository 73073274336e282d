// Where does Cornerstone3D come into the program? Only here, all at once, so that the bundler can leave out what is not used.
export * as cornerstone from '@cornerstonejs/core';
export * as dicomLoader from '@cornerstonejs/dicom-image-loader';
export * as tools from '@cornerstonejs/tools';
