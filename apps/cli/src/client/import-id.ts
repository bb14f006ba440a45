import type { ApiClient } from "@exhibit/client";
import { ExhibitError } from "@exhibit/contracts";
import { badUse } from "../output/exit-codes.ts";

const whole = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const part = /^[0-9a-f-]{6,35}$/i;

// How many imports are named when it isn't clear which one is meant.
const mostNamed = 5;

/**
 * Returns the whole id of the import that a person names by it, or by at least six characters of
 * its beginning or end. Throws NOT_FOUND, or REQUEST_INVALID (bad use) with the imports that it may
 * be.
 */
export async function importIdOf(api: ApiClient, given: string): Promise<string> {
  // The API reports what can't be part of an id as an unknown id.
  if (whole.test(given) || !part.test(given)) return given;
  const { items: found, next } = await api.list({ id: given, limit: mostNamed });
  const [first, ...others] = found.map(({ import_id }) => import_id);
  if (first === undefined) {
    throw new ExhibitError(
      "NOT_FOUND",
      `There is no import whose id begins or ends with ${given}.`,
    );
  }
  if (others.length === 0) return first;
  const more = next === null ? "" : " and more";
  throw badUse(`${given} may be ${[first, ...others].join(", ")}${more}. Type more of the id.`);
}
