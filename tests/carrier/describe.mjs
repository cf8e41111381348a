// Keeps of the vendor's public description what the hub asks: the whole takes a server of it 20 s to read.
import { readFileSync, writeFileSync } from "node:fs";

const [from, to] = process.argv.slice(2);
const description = JSON.parse(readFileSync(from, "utf8"));
const asked = ["/Accounts/{Sid}.json", "/{AccountSid}/Calls.json", "/{AccountSid}/Calls/{Sid}.json"];
const paths = Object.entries(description.paths);
description.paths = Object.fromEntries(
  paths.filter(([path]) => asked.some((end) => path.endsWith(end))),
);
writeFileSync(to, JSON.stringify(description));
