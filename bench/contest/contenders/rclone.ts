import { spawnSync } from "node:child_process";
import { runProgram } from "../../measure.ts";
import { type Contender, program } from "./contender.ts";

/** Leaves out the AWS_* variables of whoever runs this: rclone's S3 backend would use them. */
const ownEnvironment = { PATH: process.env.PATH, HOME: process.env.HOME };

/** rclone's S3 backend, which is how it reaches OSS, without any checks before and after. */
export const rclone: Contender = {
  name: "rclone",
  description: "rclone copy, S3 backend, 64 transfers, parts of 8 MiB",
  missing: () => (spawnSync("rclone", ["version"]).error ? "rclone isn't installed" : undefined),
  open({ data, sink }) {
    const remote = [
      ":s3,provider=Other,force_path_style=true",
      `endpoint='${sink}'`,
      "access_key_id=id,secret_access_key=secret,no_check_bucket=true,no_head=true",
      "chunk_size=8Mi,upload_concurrency=4,upload_cutoff=8Mi:bucket/rclone",
    ].join(",");
    const once = ["--config", "/dev/null", "--transfers", "64", "--retries", "1"];
    const blind = [
      "--no-check-dest",
      "--no-traverse",
      "--ignore-checksum",
      "--s3-disable-checksum",
    ];
    return Promise.resolve(
      program(() =>
        runProgram("rclone", ["copy", data.folder, remote, ...once, ...blind], ownEnvironment),
      ),
    );
  },
};
