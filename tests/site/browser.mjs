// A real browser on the public pages: what every page must have, and how a person moves from one to the next.
//
//   node STORY.mjs '{"site": …, "mailbox": …, "elsewhere": …, "who": …, "email": …,
//                    "javascript": true, "screens": FOLDER}'

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const settings = JSON.parse(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Pixels of a narrow phone, a usual one, and a desk.
const WIDTHS = [320, 390, 1280];

// Bytes that a page may weigh with everything that it loads.
const PAGE_BYTES_MAX = 60 * 1024;

// WCAG 2.2 AA and what it stands on.
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const browser = await chromium.launch({
  executablePath: process.env.SAVIN_TEST_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});
export const context = await browser.newContext({ javaScriptEnabled: settings.javascript });
export const page = await context.newPage();
page.setDefaultTimeout(20_000);

const wrong = [];
let weight = 0;
page.on("response", async (response) => {
  const bytes = await response.body().then((body) => body.length, () => 0);
  weight += bytes;
});
page.on("request", (request) => {
  const origin = new URL(request.url()).origin;
  if (origin !== settings.site && origin !== new URL(settings.elsewhere).origin) {
    wrong.push(`a request to ${request.url()}`);
  }
});
// A browser notes each answer that is an error; those pages are looked at for themselves.
page.on("console", (message) => {
  if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) {
    wrong.push(`the browser complains: ${message.text()}`);
  }
});
page.on("pageerror", (error) => wrong.push(`a script failed: ${error.message}`));

let looked = 0;

// Looks at the page that is open: what every page must have, at every width.
export async function look(name) {
  looked += 1;
  const at = `${name} (${page.url()})`;
  assert.match(await page.title(), /^(Error: |Error: |)(Information|Información)$/, `${at}: the title tells`);
  assert.ok(await page.locator("h1").count() === 1, `${at}: one heading`);
  assert.ok(await page.locator(".leave-button").first().isVisible(), `${at}: no way out`);
  assert.match(await page.locator("header").innerText(), /911/, `${at}: no word of 911`);
  assert.match(await page.locator("footer a.phone").getAttribute("href"), /^tel:\+1\d{10}$/, `${at}: no number to touch`);
  for (const field of await page.locator("main input:visible:not([type=radio]):not([type=checkbox])").all()) {
    assert.ok((await field.boundingBox()).height >= 40, `${at}: a field too small for a finger`);
  }
  const url = new URL(page.url());
  assert.ok(!url.href.includes("@") && !url.search.includes("code"), `${at}: the address tells`);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${at}: ${wide} pixels wide on ${width}`);
    if (settings.javascript) {
      await page.evaluate(axe);
      const found = await page.evaluate(
        (rules) => globalThis.axe.run(document, { runOnly: { type: "tag", values: rules } }),
        RULES,
      );
      const violations = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`);
      assert.deepEqual(violations, [], `${at} on ${width} pixels`);
      assert.ok(found.passes.length > 10, `${at}: nothing was checked`);
    }
    if (width !== WIDTHS[0]) {
      await page.screenshot({ path: join(settings.screens, `${String(looked).padStart(2, "0")}-${name}-${width}.png`), fullPage: true });
    }
  }
  assert.ok(weight <= PAGE_BYTES_MAX, `${at}: ${weight} bytes`);
  assert.deepEqual(wrong, [], at);
  process.stdout.write(`${JSON.stringify({ page: name, bytes: weight })}\n`);
  weight = 0;
}

// Clicks, and waits for the page that follows.
export async function click(locator) {
  const loaded = page.waitForEvent("load");
  await locator.click();
  await loaded;
}

export async function press(name) {
  await click(page.locator("main form button").filter({ hasText: name }).first());
}

export async function follow(name) {
  await click(page.getByRole("link", { name, exact: true }).first());
}

export async function holds(pattern) {
  const text = await page.locator("main").innerText();
  assert.match(text, pattern, page.url());
}

// Waits for the code in the newest letter to an address that has one, of which so many were known.
export async function code(known) {
  for (let tries = 0; tries < 200; tries += 1) {
    const text = await (await fetch(settings.mailbox)).text();
    const letters = text.split("<article>").slice(1).filter((letter) => letter.includes(settings.email));
    // What tells her of a change comes in between, and has none.
    const codes = letters.map((letter) => /\b\d{6}\b/.exec(letter.split("<pre>")[1])?.[0]).filter(Boolean);
    if (codes.length > known) {
      return codes[0];
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("no code came");
}

// Returns what is shown once the browser has made up its mind.
export async function shown() {
  for (let tries = 0; tries < 100; tries += 1) {
    const content = await page.content().catch(() => null);
    if (content !== null) {
      return content;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("the browser does not come to rest");
}

// Says what is weighed next by itself: several pages were passed since the last look.
export function weighAnew() {
  weight = 0;
}

// Forgets what the browser complained of, where a page was left on purpose.
export function excuse() {
  wrong.length = 0;
}

export async function lookUp() {
  await page.goto(settings.site);
  await page.getByLabel("Name or number").fill(settings.who);
  await press("Look up");
}

// Finds the button that stops what is named so.
export function stops(name) {
  return page.locator("form[action$='/manage/stop'] button").filter({ hasText: name });
}

export async function open(language, known) {
  await page.goto(`${settings.site}${language}/manage`);
  await page.locator("#email").fill(settings.email);
  await press(/./);
  await page.locator("#code").fill(await code(known));
  await press(/./);
}
