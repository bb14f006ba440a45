/** What can become of a login by the identity provider. */
export const loginFaults = ["refused", "forbidden", "away"] as const;
export type LoginFault = (typeof loginFaults)[number];

/** What the login page says, by language. */
export const texts = {
  en: {
    title: "Log in to Exhibit",
    intro: "Exhibit holds the evidence of cases. Log in with the key that you were given.",
    key: "Key",
    submit: "Log in",
    provider: "Log in with your organisation's account",
    orKey: "Or log in with a key that you were given.",
    refused: "The login wasn't completed. Try again.",
    forbidden: "Your account has no role in Exhibit. Ask an administrator for one.",
    away: "Your organisation's login service doesn't answer. Try again in a moment, or log in with a key.",
    busy: "Logging in…",
    wrong: "This key isn't valid (any more).",
    used: "This link was used already, or is too old. Ask for a new one, or log in with a key.",
    failed: "The API doesn't answer as it should. Try again in a moment.",
    where:
      "A key begins with exh_. An administrator makes one with exhibit keys create. Who runs npm start or exhibit up on this machine finds a link in its output, which logs in once.",
    as: "You are logged in as",
    role: "Role",
    logout: "Log out",
    home: "Start page",
    other: "中文",
  },
  zh: {
    title: "登录 Exhibit",
    intro: "Exhibit 保存案件的证据。请使用分配给您的密钥登录。",
    key: "密钥",
    submit: "登录",
    provider: "使用单位账号登录",
    orKey: "或使用分配给您的密钥登录。",
    refused: "登录未完成，请重试。",
    forbidden: "您的账号在 Exhibit 中没有角色，请联系管理员分配。",
    away: "单位的登录服务暂无响应，请稍后重试，或使用密钥登录。",
    busy: "正在登录……",
    wrong: "此密钥无效或已失效。",
    used: "此链接已被使用或已过期。请获取新的链接，或使用密钥登录。",
    failed: "服务未正常响应，请稍后再试。",
    where:
      "密钥以 exh_ 开头，由管理员用命令 exhibit keys create 创建。在本机运行 npm start 或 exhibit up 时，其输出中有一个一次性登录链接。",
    as: "您已登录为",
    role: "角色",
    logout: "退出登录",
    home: "首页",
    other: "English",
  },
} as const;

export type Language = keyof typeof texts;

/** Returns the language that was asked for, else the first that a browser prefers and we have. */
export function languageOf(asked: string | undefined, accepted: string | undefined): Language {
  if (asked === "zh" || asked === "en") return asked;
  const [first] = (accepted ?? "").match(/\b(?:zh|en)\b/i) ?? [];
  return first?.toLowerCase() === "zh" ? "zh" : "en";
}
