import { retryRequest } from "@exhibit/contracts";
import { actOnImport } from "../../../action/act-on-import.ts";

export const retryImport = actOnImport({
  operationId: "retryImport",
  summary: "Retry what failed",
  description:
    "Retries every failed file, or those that match everything the body names. Only files that aren't stored are read and sent again. In a paused import (the response's `paused` says who paused it) they wait until it is resumed.",
  body: retryRequest.nullish(),
  act: (imports) => imports.retry,
});
