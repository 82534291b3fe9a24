/// <reference path="./styles/css.d.ts" />
import { onSignedOut } from "./api/api.ts";
import "./styles/main.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { findMe, me } from "./session.ts";
import { loadTexts } from "./texts/catalogue.ts";

onSignedOut(() => {
  me.value = null;
});

const root = document.getElementById("app");
if (root === null) throw new Error("The document has no place for the page.");
await Promise.all([loadTexts().catch(() => undefined), findMe()]);
render(<App />, root);
