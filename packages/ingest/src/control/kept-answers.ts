import {
  type Answer,
  actOnce,
  type CarriedOut,
  findCarriedOut,
  inFlight,
  type KeyedRequest,
  keepAnswer,
  type Ledger,
} from "@exhibit/ledger";

export { type Answer, type CarriedOut, inFlight, type KeyedRequest };

/** The answers to requests that came with an Idempotency-Key; they are kept for a day. */
export interface KeptAnswers {
  /**
   * Returns what is known of the request that used the key before; undefined if none has. Throws
   * IDEMPOTENCY_MISMATCH if that was another request.
   */
  find(request: KeyedRequest): Promise<CarriedOut | undefined>;
  /**
   * Carries out a request: what `work` changes and the request itself are recorded in one transaction.
   * Throws IDEMPOTENCY_IN_FLIGHT, with nothing changed, when another request has used the key meanwhile.
   */
  acting<T>(request: KeyedRequest, work: () => Promise<T>): Promise<T>;
  /**
   * Keeps a request's answer. If another request has used the key meanwhile, what is known of that one
   * is returned instead.
   */
  keep(request: KeyedRequest, answer: Answer): Promise<CarriedOut | undefined>;
}

export function createKeptAnswers(ledger: Ledger): KeptAnswers {
  return {
    find: (request) => findCarriedOut(ledger, request),
    acting: actOnce,
    keep: (request, answer) => keepAnswer(ledger, request, answer),
  };
}
