/** Times of the platform without a zone are GMT+8. */
const zone = "+08:00";
const withoutZone = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d+)?)$/;
const withZone = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/i;

/**
 * When a credential ends, in ms since the epoch, from any of the forms that vendors use: ISO-8601,
 * `yyyy-MM-dd HH:mm:ss` in GMT+8, seconds or milliseconds since the epoch. Undefined for anything else.
 */
export function expirationTime(text: string): number | undefined {
  const said = text.trim();
  // Ten digits are seconds until the year 2286; thirteen are milliseconds.
  if (/^\d{10}$/.test(said)) return Number(said) * 1000;
  if (/^\d{13}$/.test(said)) return Number(said);
  const local = withoutZone.exec(said);
  if (local !== null) return validTime(`${local[1]}T${local[2]}${zone}`);
  return withZone.test(said) ? validTime(said.replace(" ", "T")) : undefined;
}

function validTime(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
