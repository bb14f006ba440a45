import { type AddressPolicy, createSafeFetch, type SafeFetch } from "@exhibit/safe-fetch";

/** Nothing of a trial leaves the machine. */
const TRIAL: AddressPolicy = {
  onlyRanges: true,
  allowedRanges: ["127.0.0.0/8", "::1"],
  ports: "all",
  plain: true,
};

/**
 * Whoever configures somebody outside may have them anywhere; what they are told is no secret, and what
 * they answer is signed or nothing, also without TLS.
 */
const ANYWHERE: AddressPolicy = {
  allowedRanges: ["0.0.0.0/0", "::/0"],
  ports: "all",
  plain: true,
};

/** Opens what calls authorities of time stamps and third parties. */
export function openOutward(isTrial: boolean): SafeFetch {
  return createSafeFetch(isTrial ? TRIAL : ANYWHERE);
}
