// The page of settings, in English.
export default {
  title: 'Settings',
  lead: 'Settings are read when the archive starts: from lumenarc.toml, from the environment, from the command line; the later wins.',
  onlyChanged: 'Only those that differ from the default',
  find: 'Find a setting',
  name: 'Setting',
  value: 'Value',
  default: 'Default',
  variable: 'Environment variable',
  changed: 'changed',
  none: 'No setting matches.',
};
