// A Medusa server on loopback over a database of its own; see ../medusa.mjs.
const { defineConfig } = require("@medusajs/framework/utils");

const here = "http://127.0.0.1:9009";
module.exports = defineConfig({
  projectConfig: {
    databaseUrl: process.env.MEDUSA_DATABASE_URL,
    databaseDriverOptions: { connection: { ssl: false } },
    http: { storeCors: here, adminCors: here, authCors: here, jwtSecret: "test-jwt", cookieSecret: "test-cookie" },
  },
  admin: { disable: true },
});
