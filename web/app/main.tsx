/** The console. */
import "virtual:colours.css";
import "./style.css";

import { render } from "preact";

import { App } from "./app.tsx";
import { listen } from "./live.ts";
import { followLinks } from "./router.ts";
import { applyTheme } from "./theme.ts";

applyTheme();
followLinks();
listen();

const root = document.getElementById("console");
if (root !== null) render(<App />, root);
