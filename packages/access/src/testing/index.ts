export { logInAt } from "./log-in-at.ts";
export {
  audience,
  consoleClient,
  makeKey,
  type OidcProvider,
  startProvider,
} from "./start-provider.ts";
