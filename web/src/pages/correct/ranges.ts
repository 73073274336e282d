// Does a number lie in ranges as people write them? "1-20, 35" with a hyphen or a dash.

/** Say whether a number is one of those that are named. */
export function inRanges(ranges: string, number: string): boolean {
  const n = Number(number);
  if (!number || !Number.isInteger(n)) return false;
  return ranges.split(/[,;，、\s]+/).some((range) => {
    const found = /^(\d+)(?:[-–—](\d+))?$/.exec(range);
    return found !== null && n >= Number(found[1]) && n <= Number(found[2] ?? found[1]);
  });
}
