// The study list, in English.
export default {
  search: 'Search studies',
  name: 'Patient',
  id: 'Patient ID',
  date: 'Date',
  modality: 'Modality',
  description: 'Description',
  accession: 'Accession',
  images: 'Images',
  count: 'studies',
  empty: 'No study matches.',
  failed: 'The archive did not answer:',
  previous: 'Previous',
  next: 'Next',
};
