// The log of a container, live. Each line has its time in front, which is how it goes on where it
// broke off; it is not shown.

import { Lines, stream } from "./stream.js";

const MOST = 1000; // lines
const FIRST = 200;
const LONGEST = 8192; // characters of a line
const HEAD = 8; // bytes before a frame
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?Z) /;
const ESCAPES = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|\r/g;
const ACTING = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

export function followLog(place) {
  const follow = document.getElementById("follow");
  const view = new LogView(place, follow);
  let last = "";
  let shown = ""; // up to where, when the stream broke off; two streams are not quite in order
  let frames = null;
  let lines = null;
  const path = `/containers/${encodeURIComponent(place.dataset.logs)}/logs`;
  const take = (line) => {
    const stamp = STAMP.exec(line);
    if (stamp) {
      if (stamp[1] <= shown) return;
      if (stamp[1] > last) last = stamp[1];
      line = line.slice(stamp[0].length);
    }
    view.add(line);
  };
  stream({
    address: () => {
      const query = { follow: 1, stdout: 1, stderr: 1, timestamps: 1 };
      if (last) query.since = seconds(last);
      else query.tail = FIRST;
      return `${path}?${new URLSearchParams(query)}`;
    },
    begun: () => {
      frames = new Frames();
      lines = [new Lines(LONGEST), new Lines(LONGEST), new Lines(LONGEST)];
      shown = last;
      if (!last) view.clear();
    },
    receive: (piece) => {
      for (const [number, bytes] of frames.feed(piece)) lines[number].feed(bytes).forEach(take);
      view.show();
    },
    refused: (words) => view.add(words) || view.show(),
  });
}

// As engines take it: seconds, and nanoseconds behind a point.
function seconds(stamp) {
  const [, whole, fraction = "0"] = STAMP.exec(`${stamp} `);
  const date = new Date(whole.replace(/\.\d+Z$/, "Z"));
  return `${Math.floor(date.getTime() / 1000)}.${fraction.padEnd(9, "0")}`;
}

class LogView {
  #place;
  #follow;
  #waiting = [];
  #due = false;

  constructor(place, follow) {
    this.#place = place;
    this.#follow = follow;
  }

  clear() {
    this.#place.replaceChildren();
  }

  add(line) {
    const text = line.replace(ESCAPES, "").replace(ACTING, "\ufffd").slice(0, LONGEST);
    this.#waiting.push(text);
    if (this.#waiting.length > MOST) this.#waiting.shift();
  }

  // At most once for each time that the screen is drawn.
  show() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#draw();
    });
  }

  #draw() {
    const place = this.#place;
    const lines = this.#waiting.splice(0).map((text) => {
      const line = document.createElement("span");
      line.textContent = `${text}\n`;
      return line;
    });
    place.append(...lines);
    while (place.childNodes.length > MOST) place.firstChild.remove();
    if (this.#follow.checked) place.scrollTop = place.scrollHeight;
  }
}

// Takes an engine's frames off; a container with a terminal has none.
class Frames {
  #held = new Uint8Array();
  #plain = null;

  feed(piece) {
    const bytes = new Uint8Array(this.#held.length + piece.length);
    bytes.set(this.#held);
    bytes.set(piece, this.#held.length);
    if (this.#plain === null && bytes.length >= 4) {
      this.#plain = bytes[0] > 2 || bytes[1] !== 0 || bytes[2] !== 0 || bytes[3] !== 0;
    }
    if (this.#plain) {
      this.#held = new Uint8Array();
      return [[0, bytes]];
    }
    return this.#cut(bytes);
  }

  #cut(bytes) {
    const found = [];
    const view = new DataView(bytes.buffer);
    let start = 0;
    while (start + HEAD <= bytes.length) {
      const end = start + HEAD + view.getUint32(start + 4);
      if (end > bytes.length) break;
      found.push([Math.min(2, bytes[start]), bytes.subarray(start + HEAD, end)]);
      start = end;
    }
    this.#held = bytes.slice(start);
    return found;
  }
}
