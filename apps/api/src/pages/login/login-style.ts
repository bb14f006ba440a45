/** The style of the login page: what a person needs, in the colours of their system. */
export const loginStyle = `:root { color-scheme: light dark; --accent: #1f3a5f; --line: #8a94a3; --fault: #a8201a }
@media (prefers-color-scheme: dark) { :root { --accent: #8fb3e0; --fault: #ff9b94 } }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; grid-template-rows: 1fr auto; place-items: center }
main { width: min(26rem, 100vw - 2rem); padding: 2rem 0 }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; color: var(--accent) }
form { display: grid; gap: .5rem; margin: 1.5rem 0 .5rem }
label { font-weight: 600 }
input, button, .button { font: inherit; padding: .55rem .8rem; border: 1px solid var(--line); border-radius: .4rem }
input { font-family: ui-monospace, monospace; width: 100% }
button, .button { cursor: pointer; text-decoration: none; color: inherit; background: transparent }
form button, .main { background: var(--accent); border-color: var(--accent); color: Canvas; font-weight: 600 }
button:disabled { opacity: .6; cursor: default }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
#fault { min-height: 1.5em; color: var(--fault) }
.hint, footer { font-size: .875rem; opacity: .8 }
.main { flex: 1; text-align: center }
.ways { display: flex; gap: .75rem; margin-top: 1.5rem }
footer { padding: 1rem }
footer a { color: inherit }
`;
