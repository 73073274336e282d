// An empty archive, in English.
export default {
  title: 'Bring in the first images',
  lead: 'This archive is empty. There are three ways to fill it.',
  drop: 'Drop files here',
  dropText: 'Drag DICOM files, folders or ZIP archives anywhere onto this page, or choose them.',
  files: 'Choose files',
  folder: 'Choose a folder',
  device: 'Send from a device',
  deviceText: 'AE title {aet}, host {host}, port {port}. With DCMTK or dcm4che:',
  deviceHint: 'Devices on other machines are registered under Devices; one that was refused waits there for one click.',
  command: 'From the command line',
  commandText: 'On the machine of the archive, or from anywhere over HTTP:',
  samplesText: 'Only looking around?',
  samples: 'Load sample studies',
  making: 'Making them…',
  loaded: { one: '{n} sample study was loaded.', other: '{n} sample studies were loaded.' },
};
