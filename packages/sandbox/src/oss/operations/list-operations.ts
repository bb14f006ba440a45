import { ossError } from "../protocol/oss-error.ts";
import type { OssRequest } from "../protocol/oss-request.ts";
import { pageSize, xml } from "./multipart-operations.ts";
import type { Operation } from "./operation.ts";

/** Lists a bucket by prefix, in both versions of the call, without `delimiter`. */
export const listObjects: Operation = {
  name: "ListObjects",
  action: "oss:ListObjects",
  handle(request, { storage }) {
    const { query, bucket } = request;
    if (query.get("delimiter")) throw ossError("NotImplemented");
    const isV2 = query.get("list-type") === "2";
    const limit = pageSize(query.get("max-keys") ?? "100");
    const marker = markerOf(query, isV2);
    const prefix = query.get("prefix") ?? "";
    const later = storage
      .keys(bucket)
      .filter((key) => key.startsWith(prefix) && isAfter(key, marker));
    const page = later.slice(0, limit);
    const isTruncated = later.length > page.length;
    const last = isTruncated ? page.at(-1) : undefined;
    const name = keyWriter(request);
    return xml("ListBucketResult", {
      Name: bucket,
      EncodingType: query.get("encoding-type"),
      Prefix: name(prefix),
      MaxKeys: limit,
      IsTruncated: isTruncated,
      ...(isV2 ? { KeyCount: page.length } : { Marker: name(marker) }),
      ...(isV2
        ? { NextContinuationToken: last && Buffer.from(last).toString("base64url") }
        : { NextMarker: last && name(last) }),
      Contents: page.flatMap((key) => {
        const record = storage.find(bucket, key);
        if (record === undefined) return [];
        return {
          Key: name(key),
          LastModified: new Date(record.modified).toISOString(),
          ETag: record.etag,
          Type: record.type,
          Size: record.size,
          StorageClass: "Standard",
        };
      }),
    });
  },
};

export const listMultipartUploads: Operation = {
  name: "ListMultipartUploads",
  action: "oss:ListMultipartUploads",
  handle(request, { uploads }) {
    const { query, bucket } = request;
    const limit = pageSize(query.get("max-uploads"));
    const prefix = query.get("prefix") ?? "";
    const name = keyWriter(request);
    const found = uploads
      .ofBucket(bucket)
      .filter((upload) => upload.key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    return xml("ListMultipartUploadsResult", {
      Bucket: bucket,
      EncodingType: query.get("encoding-type"),
      Prefix: name(prefix),
      MaxUploads: limit,
      IsTruncated: found.length > limit,
      Upload: found.slice(0, limit).map((upload) => ({
        Key: name(upload.key),
        UploadId: upload.id,
        Initiated: new Date(upload.initiated).toISOString(),
      })),
    });
  },
};

function keyWriter(request: OssRequest): (key: string) => string {
  const isUrl = request.query.get("encoding-type") === "url";
  return (key) => (isUrl ? encodeURIComponent(key) : key);
}

function markerOf(query: OssRequest["query"], isV2: boolean): string {
  if (!isV2) return query.get("marker") ?? "";
  const token = query.get("continuation-token");
  if (!token) return query.get("start-after") ?? "";
  return Buffer.from(token, "base64url").toString("utf8");
}

function isAfter(key: string, marker: string): boolean {
  return marker === "" || Buffer.compare(Buffer.from(key), Buffer.from(marker)) > 0;
}
