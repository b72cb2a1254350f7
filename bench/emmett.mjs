// Drives emmett for the bench: a line of JSON in (what, clients, seconds, …), a line of JSON out (rate, waits).
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import readline from "node:readline";

const [modules, socketFolder, database, clientsAtMost] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { CommandHandler, STREAM_DOES_NOT_EXIST } = require("@event-driven-io/emmett");
const { getPostgreSQLEventStore } = require("@event-driven-io/emmett-postgresql");
const pg = require("pg");

const pool = new pg.Pool({ host: socketFolder, user: "postgres", database, max: Number(clientsAtMost) });
const store = getPostgreSQLEventStore("postgresql://postgres@localhost/" + database, {
  connectionOptions: { pool },
  schema: { autoMigration: "None" },
});
const noted = (stream, n) => ({ type: "Noted", data: { stream, n } });
const handle = CommandHandler({ evolve: (_state, event) => ({ n: event.data.n }), initialState: () => ({ n: 0 }) });

const append = ({ size }) => {
  const stream = `notes-${randomUUID()}`;
  const events = Array.from({ length: size }, (_, i) => noted(stream, i + 1));
  return store.appendToStream(stream, events, { expectedStreamVersion: STREAM_DOES_NOT_EXIST });
};

const drive = async ({ clients, seconds }, once) => {
  const waits = [];
  const began = performance.now();
  const client = async () => {
    for (let at = performance.now(); at - began < seconds * 1000; at = performance.now()) {
      await once();
      waits.push((performance.now() - at) / 1000);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { rate: (waits.length * 1000) / (performance.now() - began), waits };
};

const rounds = {
  append: async (question) => {
    const answer = await drive(question, () => append(question));
    return { rate: answer.rate * question.size, waits: answer.waits };
  },
  command: async (question) => {
    const streams = Array.from({ length: question.streams }, () => `notes-${randomUUID()}`);
    for (const stream of streams) await store.appendToStream(stream, [noted(stream, 1)]);
    let turn = 0;
    return drive(question, () => {
      const stream = streams[turn++ % streams.length];
      return handle(store, stream, (state) => noted(stream, state.n + 1));
    });
  },
};

await store.schema.migrate();
process.stdout.write("ready\n");
for await (const line of readline.createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  process.stdout.write(JSON.stringify(await rounds[question.what](question)) + "\n");
}
await store.close();
await pool.end();
process.exit(0);
