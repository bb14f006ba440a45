/** The codings that answers can have, the one that we like best first. */
const codings = ["br", "gzip"] as const;
export type Coding = (typeof codings)[number];

/**
 * Returns the coding that an Accept-Encoding header likes best, by the rules of RFC 9110; of those that
 * it likes equally the one that we do. Undefined where the answer is to be sent as it is, as to a client
 * that says nothing.
 */
export function codingOf(header: string | undefined): Coding | undefined {
  const weights = new Map(header?.toLowerCase().split(",").map(weighted));
  const weightOf = (coding: string) => weights.get(coding) ?? weights.get("*") ?? 0;
  // Unnamed, it is taken, too, but liked least.
  const asItIs = weights.get("identity") ?? 0;
  let best: Coding | undefined;
  for (const coding of codings) {
    const weight = weightOf(coding);
    if (weight === 0 || weight < asItIs) continue;
    if (best === undefined || weight > weightOf(best)) best = coding;
  }
  return best;
}

/** Returns the name and the weight of an element such as `gzip;q=0.5`. A weight that is none counts as 0. */
function weighted(element: string): [string, number] {
  const [name = "", ...parameters] = element.split(";").map((part) => part.trim());
  const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice("q=".length);
  if (weight === undefined) return [name, 1];
  return [name, /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0];
}
