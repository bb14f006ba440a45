import { actedImport, retryRequest } from "@exhibit/contracts";
import { actOnImport } from "../../../action/act-on-import.ts";

export const retryImport = actOnImport({
  operationId: "retryImport",
  summary: "Retry what failed",
  description:
    "Retries every failed file, or those that match everything the body names. Only files that aren't stored are read and sent again. In a paused import (the response's `paused` says who paused it) they wait until it is resumed. `act` says how many files it was. A file of a shard that is still being stored isn't among them.",
  body: retryRequest.nullish(),
  answer: actedImport,
  act: (imports) => imports.retry,
});
