// Fetches the same page again and puts the difference into this one, so that whatever is shown was
// laid out, and escaped, by swarmd. What the reader does meanwhile stays: focus, selection, what is
// typed, what is unfolded.

const TIMEOUT = 10_000; // ms for an answer
const SLOWEST = 5_000; // ms between two tries while swarmd does not answer

export function keepLive() {
  return new Live();
}

class Live {
  #root = document.documentElement;
  #timer = 0;
  #failures = 0;
  #turn = 0;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#schedule(0));
    addEventListener("online", () => this.#schedule(0));
    this.#schedule(this.#pause());
  }

  // Another address of the same page, shown in place of this one. False if it could not be had.
  async show(address) {
    const answer = await this.#fetch(address);
    if (answer) history.replaceState(null, "", address);
    this.#schedule(this.#pause());
    return answer;
  }

  #pause() {
    return Number(this.#root.dataset.every) * 1000;
  }

  #schedule(after) {
    clearTimeout(this.#timer);
    const wanted = this.#pause() || this.#failures;
    if (wanted && !document.hidden) this.#timer = setTimeout(() => this.#again(), after);
  }

  async #again() {
    await this.#fetch(location.href);
    const slow = Math.min(SLOWEST, 500 * 2 ** this.#failures);
    this.#schedule(this.#failures ? slow : this.#pause());
  }

  async #fetch(address) {
    const turn = ++this.#turn;
    let page;
    try {
      const answer = await fetch(address, {
        cache: "no-store",
        headers: { Accept: "text/html", "Swarmd-Live": "1" }, // what is not live may be left out
        signal: AbortSignal.timeout(TIMEOUT),
      });
      const html = (answer.headers.get("Content-Type") || "").startsWith("text/html");
      if (!answer.ok) return this.#refused(answer, html);
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      if (turn === this.#turn) this.#lost();
      return false;
    }
    if (turn !== this.#turn) return false;
    this.#found(page);
    return true;
  }

  #lost() {
    this.#failures += 1;
    notify("swarmd does not answer. What is shown may be out of date; trying again …", "bad");
  }

  #refused(answer, html) {
    this.#failures += 1;
    const words = { 403: "You may not see this any more", 404: "This is not there any more" };
    notify(`${words[answer.status] || `swarmd answers with an error (${answer.status})`}.`, "bad");
    return false;
  }

  #found(page) {
    const known = this.#root.dataset.instance;
    const instance = page.documentElement.dataset.instance;
    const wasLost = this.#failures > 0;
    this.#failures = 0;
    this.#root.dataset.every = page.documentElement.dataset.every;
    for (const fresh of page.querySelectorAll("[data-live][id]")) {
      const old = document.getElementById(fresh.id);
      if (old) morph(old, fresh);
    }
    if (instance !== known) {
      this.#root.dataset.instance = instance;
      dispatchEvent(new Event("swarmd-restarted"));
      notify("swarmd was started anew; the page is up to date again.", "good", 8_000);
    } else if (wasLost) {
      notify("swarmd answers again.", "good", 4_000);
    }
  }
}

let fading = 0;

// A line on top, for eyes and screen readers.
export function notify(words, level, milliseconds = 0) {
  const line = document.getElementById("connection");
  clearTimeout(fading);
  if (line.textContent !== words) line.textContent = words;
  line.className = level;
  line.hidden = false;
  if (milliseconds) fading = setTimeout(() => (line.hidden = true), milliseconds);
}

// Makes `old` what `fresh` is, node by node; what is alike is left alone.
export function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(document.importNode(fresh, true));
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  attributes(old, fresh);
  const olds = [...old.childNodes];
  const news = [...fresh.childNodes];
  news.forEach((child, place) => {
    if (olds[place]) morph(olds[place], child);
    else old.append(document.importNode(child, true));
  });
  for (const rest of olds.slice(news.length)) rest.remove();
}

function attributes(old, fresh) {
  const mine = old.nodeName === "DETAILS" ? ["open"] : [];
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !mine.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
