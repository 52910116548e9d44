// A long answer of the Docker API, read as it comes; begun again when it breaks off.

const FIRST = 500; // ms until the next try
const SLOWEST = 5_000;

// Calls `receive` with each piece of bytes, and `begun` whenever an answer begins. `address` is
// asked for at each try, so that it may say where to go on. Ends for good when `wanted` says so, or
// with what swarmd says against it, for `refused`.
export async function stream({ address, begun, receive, refused, wanted = () => true }) {
  let pause = FIRST;
  while (wanted()) {
    try {
      const answer = await fetch(address(), { cache: "no-store" });
      if (answer.status >= 400 && answer.status < 500) {
        refused(await message(answer));
        return;
      }
      if (answer.ok) {
        begun();
        pause = FIRST;
        for await (const piece of pieces(answer.body)) receive(piece);
      }
    } catch {
      // swarmd, or the engine, is away: the line on top says which
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(SLOWEST, pause * 2);
  }
}

async function message(answer) {
  try {
    return (await answer.json()).message;
  } catch {
    return `error ${answer.status}`;
  }
}

async function* pieces(body) {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

// Cuts text into lines; a line that is longer than `longest` is cut, too.
export class Lines {
  #decoder = new TextDecoder();
  #rest = "";
  #longest;

  constructor(longest = 1 << 20) {
    this.#longest = longest;
  }

  feed(bytes) {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop();
    if (this.#rest.length > this.#longest) {
      lines.push(this.#rest);
      this.#rest = "";
    }
    return lines;
  }
}
