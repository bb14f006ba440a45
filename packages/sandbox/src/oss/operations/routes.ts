import { ossError } from "../protocol/oss-error.ts";
import type { OssRequest } from "../protocol/oss-request.ts";
import { isSignatureParameter } from "../signing/presigned.ts";
import { listMultipartUploads, listObjects } from "./list-operations.ts";
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
  listParts,
  uploadPart,
} from "./multipart-operations.ts";
import {
  deleteObject,
  getObject,
  getVersion,
  headObject,
  headVersion,
  putObject,
} from "./object-operations.ts";
import type { Operation } from "./operation.ts";
import { getBucketObjectWorm, getBucketWorm, putObjectRetention } from "./retention-operations.ts";

interface Route {
  method: string;
  /** Whether the request is to an object or to the bucket itself. */
  on: "object" | "bucket";
  /** Query parameters that must be present. */
  needs: readonly string[];
  /** Query parameters that may be present. */
  takes?: RegExp;
  operation: Operation;
}

const listing =
  /^(?:list-type|prefix|max-keys|marker|start-after|continuation-token|delimiter|encoding-type|fetch-owner|max-uploads|key-marker|upload-id-marker)$/u;

/** The first matching route is taken. A route that doesn't know a parameter doesn't match: the parameter may change the meaning. */
const routes: readonly Route[] = [
  { method: "PUT", on: "object", needs: [], operation: putObject },
  { method: "HEAD", on: "object", needs: ["versionId"], operation: headVersion },
  { method: "HEAD", on: "object", needs: [], operation: headObject },
  {
    method: "GET",
    on: "object",
    needs: ["versionId"],
    takes: /^response-/u,
    operation: getVersion,
  },
  { method: "GET", on: "object", needs: [], takes: /^response-/u, operation: getObject },
  { method: "DELETE", on: "object", needs: [], operation: deleteObject },
  {
    method: "PUT",
    on: "object",
    needs: ["retention"],
    takes: /^versionId$/u,
    operation: putObjectRetention,
  },
  {
    method: "POST",
    on: "object",
    needs: ["uploads"],
    takes: /^(?:encoding-type|sequential)$/u,
    operation: initiateMultipartUpload,
  },
  { method: "PUT", on: "object", needs: ["uploadId", "partNumber"], operation: uploadPart },
  {
    method: "POST",
    on: "object",
    needs: ["uploadId"],
    takes: /^encoding-type$/u,
    operation: completeMultipartUpload,
  },
  { method: "DELETE", on: "object", needs: ["uploadId"], operation: abortMultipartUpload },
  {
    method: "GET",
    on: "object",
    needs: ["uploadId"],
    takes: /^(?:max-parts|part-number-marker|encoding-type)$/u,
    operation: listParts,
  },
  {
    method: "GET",
    on: "bucket",
    needs: ["uploads"],
    takes: listing,
    operation: listMultipartUploads,
  },
  { method: "GET", on: "bucket", needs: ["worm"], operation: getBucketWorm },
  { method: "GET", on: "bucket", needs: ["objectWorm"], operation: getBucketObjectWorm },
  { method: "GET", on: "bucket", needs: [], takes: listing, operation: listObjects },
];

/** Returns the operation that a request asks for. Throws `NotImplemented`. */
export function operationOf(request: OssRequest): Operation {
  const on = request.key === "" ? "bucket" : "object";
  const isCopy = request.headers["x-oss-copy-source"] !== undefined;
  const route = routes.find(
    (one) => one.method === request.method && one.on === on && fits(one, request),
  );
  if (route === undefined || isCopy) throw ossError("NotImplemented");
  return route.operation;
}

function fits({ needs, takes }: Route, { query }: OssRequest): boolean {
  if (!needs.every((name) => query.has(name))) return false;
  for (const name of query.keys()) {
    if (isSignatureParameter(name)) continue;
    if (!needs.includes(name) && takes?.test(name) !== true) return false;
  }
  return true;
}
