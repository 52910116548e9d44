// What a container uses, as small curves of the last minute, drawn from the engine's own stream.

import { Lines, stream } from "./stream.js";

const POINTS = 60;
const WIDTH = 600;
const HEIGHT = 80;
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const SVG = "http://www.w3.org/2000/svg";

export function followStats(place) {
  const curves = new Map();
  for (const svg of place.querySelectorAll("[data-curve]")) {
    const name = svg.dataset.curve;
    curves.set(name, new Curve(svg, place.querySelector(`[data-figure="${name}"]`)));
  }
  let before = null;
  let lines = null;
  const id = encodeURIComponent(place.dataset.stats);
  stream({
    address: () => `/containers/${id}/stats?stream=1`,
    begun: () => {
      before = null;
      lines = new Lines();
      place.hidden = false;
    },
    receive: (piece) => {
      for (const line of lines.feed(piece)) {
        const now = reading(line);
        if (now && before && now.time > before.time) draw(curves, before, now);
        before = now || before;
      }
    },
    refused: () => (place.hidden = true),
  });
}

function reading(line) {
  let stats;
  try {
    stats = JSON.parse(line);
  } catch {
    return null;
  }
  const time = Date.parse(stats.read) / 1000;
  if (!(time > 0)) return null; // it does not run any more
  const memory = stats.memory_stats || {};
  const cache = (memory.stats || {}).inactive_file ?? (memory.stats || {}).total_inactive_file ?? 0;
  const networks = Object.values(stats.networks || {});
  const disks = ((stats.blkio_stats || {}).io_service_bytes_recursive || []).filter((one) =>
    /^(read|write)$/i.test(one.op),
  );
  return {
    time,
    cpu: ((stats.cpu_stats || {}).cpu_usage || {}).total_usage || 0,
    memory: Math.max(0, (memory.usage || 0) - cache),
    limit: memory.limit || 0,
    network: sum(networks.map((one) => (one.rx_bytes || 0) + (one.tx_bytes || 0))),
    disk: sum(disks.map((one) => one.value || 0)),
  };
}

function draw(curves, before, now) {
  const seconds = now.time - before.time;
  const rate = (key) => Math.max(0, now[key] - before[key]) / seconds;
  const cpu = rate("cpu") / 1e9;
  const limit = now.limit ? ` of ${size(now.limit)}` : "";
  curves.get("CPU")?.add(cpu, `${(100 * cpu).toFixed(1)} % of one`, 0.1);
  curves.get("Memory")?.add(now.memory, `${size(now.memory)}${limit}`, 1 << 20);
  curves.get("Network")?.add(rate("network"), `${size(rate("network"))}/s`, 1024);
  curves.get("Disk")?.add(rate("disk"), `${size(rate("disk"))}/s`, 1024);
}

class Curve {
  #values = [];
  #figure;
  #area;

  constructor(svg, figure) {
    this.#figure = figure;
    this.#area = document.createElementNS(SVG, "path");
    this.#area.setAttribute("class", "area");
    svg.replaceChildren(this.#area);
  }

  // The upper edge is the most of the last minute, and at least `least`.
  add(value, words, least) {
    this.#values.push(value);
    if (this.#values.length > POINTS) this.#values.shift();
    this.#figure.textContent = words;
    const top = Math.max(least, ...this.#values) * 1.1;
    const step = WIDTH / (POINTS - 1);
    const first = WIDTH - step * (this.#values.length - 1);
    const points = this.#values.map((one, place) => {
      const y = HEIGHT * (1 - one / top);
      return `L${(first + place * step).toFixed(1)},${y.toFixed(1)}`;
    });
    const path = `M${first.toFixed(1)},${HEIGHT}${points.join("")}L${WIDTH},${HEIGHT}Z`;
    this.#area.setAttribute("d", path);
  }
}

function sum(numbers) {
  return numbers.reduce((total, one) => total + one, 0);
}

function size(bytes) {
  let power = 0;
  while (bytes >= 1024 && power < UNITS.length - 1) {
    bytes /= 1024;
    power += 1;
  }
  return `${power ? bytes.toPrecision(3) : Math.round(bytes)} ${UNITS[power]}`;
}
