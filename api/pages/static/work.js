// Finds stamps for a site that requires proof of work, for the vote page and for the widget.
// SHA-256 is here because crypto.subtle is missing on plain http, and is slower for short texts.
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
const fraction = (root) => ((root % 1) * 2 ** 32) | 0;
const ROUNDS = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const turn = (x, by) => (x >>> by) | (x << (32 - by));

// The 64 words of a block, from its 64 bytes.
function expand(words, block, view) {
  const w = words.subarray(64 * block, 64 * block + 64);
  for (let n = 0; n < 16; n++) w[n] = view.getInt32(64 * block + 4 * n);
  for (let n = 16; n < 64; n++) {
    const x = w[n - 15], y = w[n - 2];
    w[n] = w[n - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3))
      + w[n - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
  }
}

// The hash of all blocks; `state` is the result.
function hash(words, state) {
  state.set(START);
  for (let block = 0; block < words.length; block += 64) {
    let a = state[0], b = state[1], c = state[2], d = state[3];
    let e = state[4], f = state[5], g = state[6], h = state[7];
    for (let n = 0; n < 64; n++) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g))
        + ROUNDS[n] + words[block + n]) | 0;
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }
}

export async function solve({ work, minute, text }) {
  const bytes = new TextEncoder().encode(`${minute}:00000000:${text}`);
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 128;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, bytes.length * 8);
  const words = new Int32Array(padded.length), state = new Int32Array(8);
  for (let block = padded.length / 64 - 1; block > 0; block--) expand(words, block, view);
  for (let nonce = 1e7; ; nonce++) {
    // It stands in the first block, so only that one changes.
    for (let at = `${minute}`.length + 8, rest = nonce; rest; rest = (rest / 10) | 0) {
      padded[at--] = 48 + (rest % 10);
    }
    expand(words, 0, view);
    hash(words, state);
    if (Math.clz32(state[0]) >= work) return `${minute}:${nonce}`;
    if (nonce % 10000 === 0) await new Promise((resolve) => setTimeout(resolve)); // taps come first
  }
}

const field = document.querySelector("input[data-work]");
const opened = Date.now();
field?.form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { form } = field;
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  const { work, minute, text } = field.dataset;
  const now = Number(minute) + Math.floor((Date.now() - opened) / 60000);
  field.value = await solve({ work, minute: now, text });
  form.ariaBusy = null;
  form.submit();
});
