// The page of patients, in English.
export default {
  title: 'Patients',
  search: 'Beginning of a name, or patient ID',
  count: { one: '{n} patient', other: '{n} patients' },
  name: 'Name',
  id: 'Patient ID',
  birth: 'Birth date',
  sex: 'Sex',
  studies: 'Studies',
  noName: 'No name',
  noDescription: 'No description',
  nImages: { one: '{n} image', other: '{n} images' },
  open: 'Open',
  none: 'No patient matches.',
  more: 'Show more ({n} left)',
};
