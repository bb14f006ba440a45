/** What a link to the page where a browser logs out is called. */
export const LOG_OUT = "Log out";

/**
 * Adds such a link to the documentation page, which is another's. It is a file, because the page may run
 * nothing else; its address is relative, because a proxy may add a path in front.
 */
export const docsLogOut = {
  js: [
    {
      filename: "log-out.js",
      content: `"use strict";
const link = document.createElement("a");
link.id = "log-out";
link.textContent = ${JSON.stringify(LOG_OUT)};
link.href = new URL(location.pathname.endsWith("/") ? "../login" : "login", location.href);
document.body.prepend(link);
`,
    },
  ],
  css: [
    {
      filename: "log-out.css",
      content:
        "#log-out { position: absolute; top: 72px; right: 24px; font: 14px system-ui, sans-serif; color: inherit; }",
    },
  ],
};
