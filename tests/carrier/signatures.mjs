// Says of each request whether the vendor's own library believes its signature.
import { readFileSync } from "node:fs";
import twilio from "twilio";

const requests = JSON.parse(readFileSync(0, "utf8"));
const believed = requests.map(({ token, url, form, signature }) => {
  const fields = {};
  for (const [name, value] of form) {
    fields[name] = name in fields ? [fields[name], value].flat() : value;
  }
  return twilio.validateRequest(token, signature, url, fields);
});
console.log(JSON.stringify(believed));
