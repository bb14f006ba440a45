import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import OSS from "ali-oss";
import pLimit from "p-limit";

// node ali-oss-script.ts FOLDER ENDPOINT: the script that Exhibit is measured against.

const [folder = "", endpoint = ""] = process.argv.slice(2);
const MiB = 1024 * 1024;

const client = new OSS({
  endpoint,
  region: "oss-cn-hangzhou",
  accessKeyId: "id",
  accessKeySecret: "secret",
  bucket: "bucket",
  authorizationV4: true,
  cname: true,
});
const limit = pLimit(64);
const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile());
await Promise.all(files.map(({ parentPath, name }) => limit(() => upload(join(parentPath, name)))));

async function upload(path: string): Promise<void> {
  const key = `ali-oss/${path.slice(folder.length + 1)}`;
  const { size } = await stat(path);
  if (size <= 8 * MiB) await client.put(key, path);
  else await client.multipartUpload(key, path, { partSize: 8 * MiB, parallel: 4 });
}
