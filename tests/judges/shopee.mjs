// Shopee Open Platform, judged by npm `@congminh1254/shopee-sdk` in front of the sandbox marketplace: its signature over what came, and its
// types over every query and body, checked by the TypeScript compiler. What passes goes on to the sandbox as it is.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Judge, serve } from "./judge.mjs";

const sdk = `${process.env.JUDGES}/node/node_modules/@congminh1254/shopee-sdk/lib`;
const ts = createRequire(`${process.env.JUDGES}/node/`)("typescript");
const { generateSignature } = await import(pathToFileURL(`${sdk}/utils/signature.js`));
const KEY = process.env.SHOPEE_KEY;
const PUBLIC = ["/api/v2/media_space/upload_image", "/api/v2/auth/token/get", "/api/v2/auth/access_token/get"];
const OF_CALL = ["partner_id", "timestamp", "sign", "access_token", "shop_id"];

class Shopee extends Judge {
  seen = new Map();

  async answer({ method, url, headers, body }) {
    const query = url.searchParams;
    const parts = [query.get("partner_id"), url.pathname, query.get("timestamp")];
    if (!PUBLIC.includes(url.pathname)) parts.push(query.get("access_token"), query.get("shop_id"));
    if (generateSignature(KEY, parts) !== query.get("sign")) this.complain(`${url.pathname} is signed otherwise`);
    if ((headers["content-type"] ?? "").startsWith("multipart/")) {
      if (!body.includes('name="image"')) this.complain("the upload has no picture in `image`");
    } else {
      this.note(method, url, body);
    }
    const sent = { method, headers: headers["content-type"] ? { "content-type": headers["content-type"] } : {}, body: body.length ? body : undefined };
    return (await fetch(process.env.SANDBOX + url.pathname + url.search, sent)).json();
  }

  // A call as the SDK's type of it: bodies with their values, queries by their names.
  note(method, url, body) {
    const [area, name] = url.pathname.split("/").slice(3);
    const type = `${name.split("_").map((word) => word[0].toUpperCase() + word.slice(1)).join("")}Request`;
    const names = [...new Set(url.searchParams.keys())].filter((key) => !OF_CALL.includes(key));
    const value = method === "POST" ? body.toString() : `{ ${names.map((key) => `${key}: undefined as any`).join(", ")} }`;
    this.seen.set(`${area} ${type} ${value}`, { area, type, value });
  }

  control(what, told) {
    const state = super.control(what, told);
    return what === "state" ? { ...state, complaints: [...this.complaints, ...this.judged()], judged: this.seen.size } : state;
  }

  judged() {
    // The one call outside of `product` that is no upload takes no parameters.
    const calls = [...this.seen.values()].filter(({ area }) => area === "product");
    const text = calls.map(({ area, type, value }, at) => `const c${at}: import("${sdk}/schemas/${area}.js").${type} = ${value};`).join("\n");
    const options = { noEmit: true, strict: true, skipLibCheck: true, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022, types: [] };
    const host = ts.createCompilerHost(options);
    const read = host.getSourceFile.bind(host);
    host.getSourceFile = (file, ...rest) => (file === "/calls.ts" ? ts.createSourceFile(file, text, options.target) : read(file, ...rest));
    const program = ts.createProgram(["/calls.ts"], options, host);
    const wrong = ts.getPreEmitDiagnostics(program).filter((found) => found.file?.fileName === "/calls.ts");
    return wrong.map((found) => `${text.slice(0, found.start).split("\n").length}: ${ts.flattenDiagnosticMessageText(found.messageText, " ")}`);
  }
}

serve(new Shopee());
