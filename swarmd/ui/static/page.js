// The one script that pages name; it starts what a page has use for.

import { keepLive } from "./live.js";
import { searchAsTyped } from "./search.js";
import { followLog } from "./logs.js";
import { followStats } from "./stats.js";
import { followEvents } from "./events.js";

document.documentElement.classList.add("scripts");
for (const one of document.querySelectorAll(".scripted")) one.hidden = false;

const live = keepLive();
searchAsTyped(live);

const parts = [
  ["[data-logs]", followLog],
  ["[data-stats]", followStats],
  ["[data-events]", followEvents],
];
for (const [selector, start] of parts) {
  const place = document.querySelector(selector);
  if (place) start(place);
}
