// The feed of events: the newest on top, in a table that does not grow without end.

import { Lines, stream } from "./stream.js";

const MOST = 50; // rows
const SAID = new Set(["name", "image", "node.name", "node.id", "node.addr", "node.ip"]);
const OURS = "com.docker.swarm.";
const LONGEST = 160;
const REMEMBERED = 2000; // events
const LATE = 5; // seconds that an event may take, or clocks may differ

export function followEvents(place) {
  const feed = document.getElementById("feed");
  let since = Number(place.dataset.events);
  let lines = null;
  const seen = new Set(); // clocks of nodes differ, so that no time tells what is new
  stream({
    address: () => `/events?since=${since.toFixed(6)}`,
    begun: () => {
      lines = new Lines();
    },
    receive: (piece) => {
      for (const line of lines.feed(piece)) {
        const event = parsed(line);
        if (!event) continue;
        const identity = `${event.timeNano} ${event.Actor.ID} ${event.Action}`;
        if (seen.has(identity)) continue;
        seen.add(identity);
        if (seen.size > REMEMBERED) seen.delete(seen.values().next().value);
        since = Math.max(since, event.timeNano / 1e9 - LATE);
        feed.prepend(row(event));
        while (feed.children.length > MOST) feed.lastElementChild.remove();
      }
    },
    refused: (words) => feed.prepend(note(words)),
  });
}

function note(words) {
  const cell = element("td", words, "none");
  cell.colSpan = 5;
  const made = element("tr", "");
  made.append(cell);
  return made;
}

function parsed(line) {
  try {
    const event = JSON.parse(line);
    return event.Actor ? event : null;
  } catch {
    return null;
  }
}

function row(event) {
  const about = event.Actor.Attributes || {};
  const name = about.name || event.Actor.ID.slice(0, 12);
  const time = new Date(event.timeNano / 1e6).toISOString().slice(11, 19);
  const details = Object.entries(about)
    .filter(([key]) => !SAID.has(key) && !key.startsWith(OURS))
    .map(([key, text]) => `${key}=${text}`)
    .join(", ");
  const shown = element("th", "");
  shown.scope = "row";
  if (event.Type === "container") {
    const link = element("a", name);
    link.href = `/swarmd/ui/containers/${encodeURIComponent(event.Actor.ID)}`;
    shown.append(link);
  } else {
    shown.textContent = name;
  }
  const what = element("td", "");
  what.append(element("span", event.Type, "kind"), ` ${event.Action}`);
  const more = element("td", `${about.image || ""} `, "wide");
  more.append(element("small", details.slice(0, LONGEST)));
  const made = element("tr", "", "fresh");
  made.append(element("td", time, "time"), element("td", about["node.name"] || "", "node"));
  made.append(what, shown, more);
  return made;
}

function element(kind, text, name = "") {
  const made = document.createElement(kind);
  made.textContent = text;
  if (name) made.className = name;
  return made;
}
