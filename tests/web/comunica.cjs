// Asks Comunica the queries of a JSON array on standard input, each with its source, and prints the answers as JSON.
const path = require('node:path');
const { createRequire } = require('node:module');
const { QueryEngine } = createRequire(path.join(process.argv[2], 'here.js'))('@comunica/query-sparql');

async function text(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts.join('');
}

async function main() {
  const engine = new QueryEngine();
  const answers = [];
  for (const { query, source, type } of JSON.parse(await text(process.stdin))) {
    try {
      const result = await engine.query(query, { sources: [source] });
      answers.push(await text((await engine.resultToString(result, type)).data));
    } catch (error) {
      answers.push(`error: ${error.message}`);
    }
  }
  console.log(JSON.stringify(answers));
}

main();
