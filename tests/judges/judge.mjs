// A shop in memory that answers as documented, and complains of every request that an independent SDK would not have sent.
// Below `/judge/` tests look at it and spoil it, as with judge.py.
import { createServer } from "node:http";

export class Refused extends Error {
  constructor(status, body) {
    super(JSON.stringify(body));
    Object.assign(this, { status, body });
  }
}

export class Judge {
  items = new Map();
  complaints = [];
  calls = [];
  faults = [];
  now = null;
  nextId = 700;

  complain(what) {
    this.complaints.push(what);
  }

  fault(call) {
    const fault = this.faults.find((f) => f.times > 0 && call.includes(f.call));
    if (fault) fault.times -= 1;
    return fault?.mode;
  }

  control(what, told) {
    if (what === "fault") this.faults.push({ times: 1, ...told });
    if (what === "clock") this.now = told.now;
    if (what === "status") Object.assign(this.items.get(told.id), told);
    if (what === "item") this.items.set(told.id, told);
    if (what === "secret") this.secret = told.secret;
    return { items: [...this.items.values()], complaints: this.complaints, calls: this.calls };
  }
}

export function serve(judge) {
  const server = createServer(async (incoming, answer) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const url = new URL(incoming.url, `http://${incoming.headers.host}`);
    const body = Buffer.concat(chunks);
    const send = (status, value) => {
      answer.writeHead(status, { "content-type": "application/json" });
      answer.end(JSON.stringify(value));
    };
    if (url.pathname.startsWith("/judge/")) {
      return send(200, await judge.control(url.pathname.split("/").pop(), incoming.method === "POST" ? JSON.parse(body) : {}));
    }
    const call = `${incoming.method} ${url.pathname} ${body.toString().slice(0, 200)}`;
    const mode = judge.fault(call);
    if (mode === "cut_before") return incoming.socket.destroy();
    judge.calls.push(`${incoming.method} ${url.pathname}`);
    let status = 200;
    let value;
    try {
      value = await judge.answer({ method: incoming.method, url, headers: incoming.headers, body });
    } catch (error) {
      if (!(error instanceof Refused)) judge.complain(`${call}: ${error.stack}`);
      [status, value] = error instanceof Refused ? [error.status, error.body] : [500, { message: "judge" }];
    }
    if (mode === "cut_after") return incoming.socket.destroy();
    send(status, value);
  });
  server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })));
  // The test that started it holds the other end of standard input: when it dies, so does this.
  process.stdin.resume().on("end", () => process.exit(0));
}
