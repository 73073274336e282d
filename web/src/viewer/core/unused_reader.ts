// What stands in for the mesh readers of vtk.js that are left out of the build? Nothing that could be called by mistake.
export default undefined;
