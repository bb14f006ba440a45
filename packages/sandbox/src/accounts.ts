/** What the sandbox's accounts are called. None of it is secret: it opens nothing but a sandbox. */
export const sandboxAccount = {
  appKey: "12345678",
  appSecret: "sandbox-app-secret",
  kongurAppKey: "sandbox-kongur",
  region: "cn-hangzhou",
  kongurBucket: "evidence",
  deepvisionBucket: "deepvision",
  rexAccessKey: "sandbox-rex",
  rexAccessSecret: "sandbox-rex-secret",
  rexBucket: "rex",
  wombatBucket: "wombat",
  industryAppId: "sandbox-industry",
  industryBucket: "iotx-industry",
} as const;

/** The owner of the buckets: a long-term key that may do everything, for looking at what was stored. */
export const sandboxOwner = {
  accessKeyId: "LTAIsandboxowner",
  accessKeySecret: "sandbox-owner-secret",
} as const;
