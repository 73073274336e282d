// How are sizes, moments and spans written? In the language that is chosen, by the browser's own rules (ECMA-402).
import { spoken } from './language.svelte';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

/** Write a number of bytes in decimal units, as disks are sold. */
export function bytes(n: number): string {
  const step = n < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(n) / 3));
  const value = n / 1000 ** step;
  return value.toLocaleString(spoken.locale, { style: 'unit', unit: UNITS[step] ?? 'byte', unitDisplay: step ? 'short' : 'long', maximumFractionDigits: step && value < 100 ? 1 : 0 });
}

/** Write a moment in ms since the epoch, to the minute. */
export function moment(ms: number): string {
  const day = new Date(ms);
  const date = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
  return `${date} ${day.toLocaleTimeString(spoken.locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })}`;
}

/** Write how long ago, or in how long, a moment is. */
export function ago(ms: number, now: number): string {
  const seconds = Math.round((ms - now) / 1000);
  const format = new Intl.RelativeTimeFormat(spoken.locale, { numeric: 'auto' });
  const size = Math.abs(seconds);
  if (size < 60) return format.format(size < 5 ? 0 : seconds, 'second');
  if (size < 3600) return format.format(Math.round(seconds / 60), 'minute');
  if (size < 86_400) return format.format(Math.round(seconds / 3600), 'hour');
  return format.format(Math.round(seconds / 86_400), 'day');
}

/** Write a number, grouped. */
export function count(n: number): string {
  return n.toLocaleString(spoken.locale);
}
