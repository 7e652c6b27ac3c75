// Take votepipe's signed events over HTTP: verify each, skip duplicates, answer 204 or 401.
//
// WEBHOOK_SECRET is the secret that you and the publisher share, PORT where to listen.

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const LARGEST = 1_000_000; // bytes; an event has at most 256 KB
const webhook = new Webhook(process.env.WEBHOOK_SECRET);
// Keep yours where your data is, written in one transaction with it, for a month.
const seen = new Set();

/** Do what you want with an event; after an exception the publisher tries again. */
function handle(event) {
  console.log(event.type, event.eventID);
}

async function take(request) {
  if (Number(request.headers["content-length"] ?? 0) >= LARGEST) return 413;
  // The signature is of the bytes as they came: verify before you parse.
  const body = Buffer.concat(await request.toArray());
  let event;
  try {
    event = webhook.verify(body, request.headers);
  } catch {
    return 401;
  }
  if (!seen.has(event.eventID)) {
    handle(event);
    seen.add(event.eventID);
  }
  return 204;
}

const server = createServer(async (request, response) => {
  try {
    response.writeHead(await take(request)).end();
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
});

server.listen(Number(process.env.PORT ?? 8000), "127.0.0.1", () => {
  console.log(`Listening on 127.0.0.1:${server.address().port}`);
});
