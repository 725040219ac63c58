/** Instants are seconds since 1970, UTC. Irish wall-clock time is worked out here and nowhere else. */

export type Zone = "Irish" | "UTC";

export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86_400;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A wall-clock reading, its month from 1. */
export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

function lastSunday(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month, 0));
  return Date.UTC(year, month - 1, last.getUTCDate() - last.getUTCDay(), 1) / 1000;
}

const changes = new Map<number, [number, number]>();

/** Seconds that Irish clocks are ahead of UTC. Since 1996: one hour from the last Sunday of March to that of October, 01:00 UTC. */
export function irishOffset(instant: number): number {
  const year = new Date(instant * 1000).getUTCFullYear();
  let found = changes.get(year);
  if (!found) {
    found = [lastSunday(year, 3), lastSunday(year, 10)];
    changes.set(year, found);
  }
  return instant >= found[0] && instant < found[1] ? HOUR : 0;
}

export function offset(instant: number, zone: Zone): number {
  return zone === "Irish" ? irishOffset(instant) : 0;
}

/** Whether the instant lies in the hour that Irish clocks go through a second time. */
export function isSecondPass(instant: number): boolean {
  return irishOffset(instant) === 0 && irishOffset(instant - HOUR) === HOUR;
}

export function wall(instant: number, zone: Zone): Wall {
  const local = new Date((instant + offset(instant, zone)) * 1000);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  };
}

/** The instant of a wall-clock reading; of the doubled hour its first pass, of the skipped one the hour after it. */
export function instantOf(at: Wall, zone: Zone): number {
  const local = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) / 1000;
  if (zone === "UTC") return local;
  return irishOffset(local - HOUR) === HOUR ? local - HOUR : local;
}

export function midnight(instant: number, zone: Zone, days = 0): number {
  const at = wall(instant, zone);
  return instantOf({ ...at, day: at.day + days, hour: 0, minute: 0, second: 0 }, zone);
}

/** The same wall-clock time so many days earlier, or a year: 29 February becomes the 28th. */
export function earlier(instant: number, zone: Zone, by: { days: number } | { years: number }): number {
  const at = wall(instant, zone);
  // The second pass of October's doubled hour has no wall-clock time of its own on another day.
  if ("days" in by) return instantOf({ ...at, day: at.day - by.days }, zone);
  const year = at.year - by.years;
  const last = new Date(Date.UTC(year, at.month, 0)).getUTCDate();
  return instantOf({ ...at, year, day: Math.min(at.day, last) }, zone);
}

/** A Date whose local getters read the wall clock of a zone: what uPlot labels its axis by. */
export function wallDate(instant: number, zone: Zone): Date {
  const at = wall(instant, zone);
  return new Date(at.year, at.month - 1, at.day, at.hour, at.minute, at.second);
}

const two = (value: number): string => String(value).padStart(2, "0");

export function zoneName(instant: number, zone: Zone): string {
  return zone === "UTC" ? "UTC" : irishOffset(instant) ? "IST" : "GMT";
}

/** `21:45 IST`; with seconds where there are any. */
export function clock(instant: number, zone: Zone): string {
  const at = wall(instant, zone);
  const seconds = at.second ? `:${two(at.second)}` : "";
  return `${two(at.hour)}:${two(at.minute)}${seconds} ${zoneName(instant, zone)}`;
}

/** `31 Oct 2026`. */
export function date(instant: number, zone: Zone): string {
  const at = wall(instant, zone);
  return `${at.day} ${MONTHS[at.month - 1]} ${at.year}`;
}

/** `31 Oct 2026, 21:45 IST`; of a whole day the date alone. */
export function moment(instant: number, zone: Zone, step: number): string {
  return step >= DAY ? date(instant, zone) : `${date(instant, zone)}, ${clock(instant, zone)}`;
}

/** `2026-10-31`, as a date field has it. */
export function isoDate(instant: number, zone: Zone): string {
  const at = wall(instant, zone);
  return `${at.year}-${two(at.month)}-${two(at.day)}`;
}

/** RFC 3339 in UTC. */
export function utc(instant: number): string {
  return new Date(instant * 1000).toISOString().replace(".000Z", "Z");
}

/** A date (its midnight) or an RFC 3339 instant; null when it is neither. */
export function parse(text: string, zone: Zone): number | null {
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (day) {
    const [year, month, date] = [Number(day[1]), Number(day[2]), Number(day[3])];
    const exists = new Date(Date.UTC(year, month - 1, date)).getUTCMonth() === month - 1 && month > 0;
    return exists ? instantOf({ year, month, day: date, hour: 0, minute: 0, second: 0 }, zone) : null;
  }
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const instant = Date.parse(text) / 1000;
  return Number.isFinite(instant) ? instant : null;
}

/** `3 min`, `2 h 10 min`, `3 days`. */
export function age(seconds: number): string {
  const minutes = Math.max(0, Math.floor(seconds / MINUTE));
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1440)} days`;
}
