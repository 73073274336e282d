// How are DICOM dates and times shown and made? DA is YYYYMMDD, TM is HHMMSS.FFFFFF (PS3.5 6.2); shown as ISO 8601 writes them.

/** Write a DA as 2026-11-01; anything else stays as it is. */
export function shownDate(da: string): string {
  return /^\d{8}$/.test(da) ? `${da.slice(0, 4)}-${da.slice(4, 6)}-${da.slice(6)}` : da;
}

/** Write a TM as 14:05; anything else is left out. */
export function shownTime(tm: string): string {
  return /^\d{4}/.test(tm) ? `${tm.slice(0, 2)}:${tm.slice(2, 4)}` : '';
}

/** Write a day as DA. */
export function asDate(day: Date): string {
  return `${day.getFullYear()}${String(day.getMonth() + 1).padStart(2, '0')}${String(day.getDate()).padStart(2, '0')}`;
}

/** Return the age in years on a day, both as DA; null when one of them is no date. */
export function ageOn(birth: string, day: string): number | null {
  if (!/^\d{8}$/.test(birth) || !/^\d{8}$/.test(day) || day < birth) return null;
  return Math.floor((Number(day) - Number(birth)) / 10_000);
}
