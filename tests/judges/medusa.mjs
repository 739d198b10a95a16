// Medusa v2, judged by a real server from npm: started here on a database of its own, with a front that can lose answers.
import { execFile, spawn } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { Judge, Refused, serve } from "./judge.mjs";

const folder = `${process.env.JUDGES}/medusa`;
const env = { ...process.env, MEDUSA_DISABLE_TELEMETRY: "true", NODE_ENV: "production" };
const run = (...args) => promisify(execFile)(process.execPath, ["node_modules/@medusajs/cli/cli.js", ...args], { cwd: folder, env, maxBuffer: 1 << 26 });
const person = { email: "admin@test.local", password: "a-password-for-tests" };

async function freePort() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

async function start() {
  await run("db:migrate");
  await run("user", "-e", person.email, "-p", person.password);
  const port = await freePort();
  const server = spawn(process.execPath, ["node_modules/@medusajs/cli/cli.js", "start", "--host", "127.0.0.1", "--port", String(port)], { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
  process.on("exit", () => server.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 600; tries += 1) {
    if (await fetch(`${url}/health`).then((answer) => answer.ok, () => false)) return url;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error("Medusa did not start");
}

class Medusa extends Judge {
  known = new Set();

  async open(url) {
    this.url = url;
    const { token } = await this.ask("POST", "/auth/user/emailpass", person);
    this.bearer = token;
    await this.ask("POST", "/admin/sales-channels", { name: "OCOP" });
    await this.ask("POST", "/admin/stock-locations", { name: "Kho" });
    const { api_key: key } = await this.ask("POST", "/admin/api-keys", { title: "OCOP", type: "secret" });
    this.key = key.token;
  }

  async ask(method, path, body) {
    const headers = { "content-type": "application/json", ...(this.bearer && { authorization: `Bearer ${this.bearer}` }) };
    const answer = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  // What the service sends goes on to the server as it is; only the key is put in place of the tests' word for it.
  async answer({ method, url, headers, body }) {
    const given = Buffer.from((headers.authorization ?? "").replace("Basic ", ""), "base64").toString();
    const secret = given === "the-key:" ? `${this.key}:` : given;
    const sent = { "content-type": "application/json", authorization: `Basic ${Buffer.from(secret).toString("base64")}` };
    const answer = await fetch(this.url + url.pathname + url.search, { method, headers: sent, body: body.length ? body : undefined });
    const value = await answer.json();
    if (method === "POST" && url.pathname === "/admin/products" && answer.ok) this.known.add(value.product.id);
    if (!answer.ok) throw new Refused(answer.status, value);
    return value;
  }

  async control(what, told) {
    if (what === "status" && told.price) {
      const { product } = await this.ask("GET", `/admin/products/${told.id}?fields=*variants`);
      await this.ask("POST", `/admin/products/${told.id}/variants/${product.variants[0].id}`, { prices: [{ currency_code: "vnd", amount: Number(told.price) }] });
    }
    if (what === "fault") this.faults.push({ times: 1, ...told });
    if (what === "forget") this.known.clear();
    return this.look();
  }

  // Read by the admin's own session, not by what the service said.
  async look() {
    const items = [];
    for (const id of this.known) {
      const found = await this.ask("GET", `/admin/products/${id}?fields=*variants,*variants.prices`);
      if (!found) {
        items.push({ id, status: "deleted" });
        continue;
      }
      const [variant] = found.product.variants;
      const { inventory_items: kept } = await this.ask("GET", `/admin/inventory-items?sku=${variant.sku}`);
      const { inventory_levels: levels } = await this.ask("GET", `/admin/inventory-items/${kept[0].id}/location-levels`);
      items.push({
        id,
        sku: variant.sku,
        title: found.product.title,
        description: found.product.description,
        status: found.product.status,
        price: String(variant.prices[0].amount),
        stock: levels[0]?.stocked_quantity,
      });
    }
    return { items, complaints: this.complaints, calls: this.calls };
  }
}

const judge = new Medusa();
await judge.open(await start());
serve(judge);
