import type { Principal } from "@exhibit/contracts";
import { type Language, type LoginFault, texts } from "./texts.ts";

/** What the login page offers besides a key, and what went wrong there. */
export interface LoginWays {
  /** Whether people can log in by an identity provider. */
  readonly byProvider: boolean;
  /** Where to go afterwards. */
  readonly to?: string | undefined;
  readonly fault?: LoginFault | undefined;
}

/** Returns the login page, or for those who are logged in who they are and a way out. */
export function loginPage(
  language: Language,
  principal: Principal | undefined,
  ways: LoginWays = { byProvider: false },
): string {
  const say = texts[language];
  const other = language === "en" ? "zh" : "en";
  const query = new URLSearchParams({ lang: other });
  if (ways.to !== undefined) query.set("to", ways.to);
  if (ways.fault !== undefined) query.set("fault", ways.fault);
  const body = principal === undefined ? form(say, ways) : account(say, principal);
  return `<!DOCTYPE html>
<html lang="${language === "zh" ? "zh-CN" : "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${say.title}</title>
<link rel="icon" href="./favicon.ico" type="image/svg+xml">
<link rel="stylesheet" href="./login.css">
<script src="./login.js" defer></script>
</head>
<body>
<main data-wrong="${say.wrong}" data-used="${say.used}" data-failed="${say.failed}" data-busy="${say.busy}">
${body}
</main>
<footer><a href="?${escaped(String(query))}" lang="${other}">${say.other}</a></footer>
</body>
</html>
`;
}

type Texts = (typeof texts)[Language];

function form(say: Texts, { byProvider, to, fault }: LoginWays): string {
  const query = to === undefined ? "" : `?to=${encodeURIComponent(to)}`;
  const provider = `<p class="ways"><a class="button main" href="./auth/start${query}">${say.provider}</a></p>
<p>${say.orKey}</p>`;
  return `<h1>${say.title}</h1>
${byProvider ? provider : `<p>${say.intro}</p>`}
<form id="login">
<label for="key">${say.key}</label>
<input id="key" name="key" type="password" autocomplete="current-password" spellcheck="false" placeholder="exh_…" required autofocus>
<button>${say.submit}</button>
</form>
<p id="fault" role="alert">${fault === undefined ? "" : say[fault]}</p>
<p class="hint">${say.where}</p>`;
}

function account(say: Texts, { name, role }: Principal): string {
  return `<h1>Exhibit</h1>
<p>${say.as} <strong>${escaped(name)}</strong>. ${say.role}: <strong>${role}</strong>.</p>
<p class="ways"><a class="button" href="./">${say.home}</a> <button id="logout">${say.logout}</button></p>
<p id="fault" role="alert"></p>`;
}

/** A principal's name may come from elsewhere, such as a token; where to go comes with the address. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
