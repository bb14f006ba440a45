/** The sandbox's accounts. None of this is secret: it opens nothing but a sandbox. */
export const sandboxAccount = {
  appKey: "12345678",
  appSecret: "sandbox-app-secret",
  kongurAppKey: "sandbox-kongur",
  region: "cn-hangzhou",
  rexAccessKey: "sandbox-rex",
  rexAccessSecret: "sandbox-rex-secret",
  industryAppId: "sandbox-industry",
} as const;

/** The long-term key of the buckets' owner. It may do everything, such as look at what was stored. */
export const sandboxOwner = {
  accessKeyId: "LTAIsandboxowner",
  accessKeySecret: "sandbox-owner-secret",
} as const;
