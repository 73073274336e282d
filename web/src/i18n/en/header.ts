// The header view, in English.
export default {
  title: 'Header',
  find: 'Find by tag, name or value',
  previous: 'Previous object',
  next: 'Next object',
  place: '{at} of {n}',
  download: 'Download',
  found: { one: '{n} element', other: '{n} elements' },
  tag: 'Tag',
  vr: 'VR',
  name: 'Name',
  value: 'Value',
  item: 'Item {n}',
  none: 'No element matches.',
  tooMany: '{n} more elements: search for what you look for.',
};
