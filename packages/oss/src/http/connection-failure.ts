import { ExhibitError } from "@exhibit/contracts";

export function hungUp(): Error {
  return Object.assign(new Error("the connection was closed before the response"), {
    code: "ECONNRESET",
  });
}

export function timedOut(message: string): Error {
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}

/** Notes on the error of an established connection how many bytes of the body were sent. */
export function brokenAfter(bytesSent: number, error: unknown): unknown {
  const isItsOwn = error instanceof Error && !(error instanceof ExhibitError);
  return isItsOwn ? Object.assign(error, { bytesSent }) : error;
}

/** Returns what `brokenAfter` noted; undefined if no established connection failed. */
export function bytesSentOf(thrown: unknown): number | undefined {
  const isNoted = thrown instanceof Error && "bytesSent" in thrown;
  return isNoted ? Number(thrown.bytesSent) : undefined;
}
