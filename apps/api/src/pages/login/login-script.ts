/**
 * What the login page does. It is a file of its own, so that the page needs no inline script. All
 * addresses are relative, because a proxy may add a path in front.
 */
export const loginScript = `"use strict";
const main = document.querySelector("main");
const form = document.querySelector("#login");
const fault = document.querySelector("#fault");
const submit = document.querySelector("#login button");

/** Where to go afterwards: the page that led here, if it is one of ours. */
function target() {
  const home = new URL(".", location.href);
  const given = new URLSearchParams(location.search).get("to") ?? "";
  const url = URL.canParse(given, home) ? new URL(given, home) : home;
  return url.origin === home.origin && url.pathname.startsWith(home.pathname) ? url : home;
}

function send(path, body) {
  const headers = { "content-type": "application/json" };
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Shows what went wrong; the key can be entered again. */
function tell(text) {
  fault.textContent = text;
  if (submit) submit.disabled = false;
}

async function logIn(proof, refusal) {
  submit.disabled = true;
  fault.textContent = main.dataset.busy;
  try {
    const answer = await send("login", proof);
    if (answer.ok) location.replace(target());
    else tell(answer.status === 401 ? refusal : main.dataset.failed);
  } catch {
    tell(main.dataset.failed);
  }
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  void logIn({ key: form.elements.key.value.trim() }, main.dataset.wrong);
});

document.querySelector("#logout")?.addEventListener("click", async () => {
  try {
    const answer = await send("logout", {});
    if (answer.ok || answer.status === 401) location.replace(new URL("login", location.href));
    else tell(main.dataset.failed);
  } catch {
    tell(main.dataset.failed);
  }
});

/** A one-time link carries its code in the fragment, which no server and no log sees. */
function useCode() {
  const code = location.hash.slice(1);
  if (code === "" || !form) return;
  history.replaceState(null, "", location.pathname + location.search);
  void logIn({ code }, main.dataset.used);
}
addEventListener("hashchange", useCode);
useCode();
`;
