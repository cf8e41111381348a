// Somebody stands behind her and has her stop everything, and later has her open her page: she types her second PIN, and
// there is nothing to see. Prints one line a page that was looked at.
//
//   node duress.mjs SETTINGS (browser.mjs says which)

import assert from "node:assert/strict";

import { browser, click, code, holds, look, lookUp, open, page, press, settings, stops, weighAnew } from "./browser.mjs";

const HERS = "4862";
const SECOND = "7153";

// Whoever watches sees no person, no order, and no word of a second PIN or of what is to stop.
async function showsNothing() {
  const text = await page.locator("main").innerText();
  assert.ok(!/T\.Q\.|•••117|about to stop|va a parar/.test(text), text);
  assert.equal(await page.locator("#second-pin").count(), 0, "that there is a second PIN is to be seen");
}

// Stops everything by a PIN; returns what the page says then.
async function stopsBy(pin) {
  await click(page.locator("button.stop"));
  await page.locator("#pin").fill(pin);
  await click(page.locator("button.stop"));
  await holds(/Saved/);
  const text = await page.locator("main").innerText();
  // The hour at which it ends is another by seconds at most, but a minute may have passed.
  return text.replace(/\d+:\d\d/g, "TIME").split("\n");
}

try {
  await lookUp();
  await click(page.locator("ul.people a"));
  await click(page.locator("a.button"));
  await page.locator("#email").fill(settings.email);
  await page.locator("summary").nth(1).click();
  await page.locator("#order-number").fill("26-PO-117");
  await page.locator("#order-court").fill("County Court of Hinds County");
  await press(/./);
  await page.locator("#code").fill(await code(0));
  await press(/./);
  await holds(/You are signed up/);

  await open("", 1);
  await page.locator("#pin").fill(HERS);
  await click(page.locator("form[action$='/manage/pin'] button"));
  const before = await page.locator("#second-pin-said").innerText();
  await page.locator("#second-pin").fill(SECOND);
  await click(page.locator("form[action$='/manage/second-pin'] button"));
  // Whoever looks at her page learns of none.
  assert.equal(await page.locator("#second-pin-said").innerText(), before);
  assert.ok(await stops(/T\.Q\./).isVisible());
  assert.ok(await stops(/•••117/).isVisible());
  // Going back stops nothing.
  await click(page.locator("button.stop"));
  await holds(/Your PIN, please/);
  await press(/Go back/);
  assert.ok(await stops(/T\.Q\./).isVisible());
  // By her own PIN, and taken back: what whoever watches would see.
  const expected = await stopsBy(HERS);
  await press(/Keep everything/);
  await holds(/Saved/);
  assert.deepEqual(await stopsBy(SECOND), expected);
  assert.ok(expected.some((line) => /until/.test(line)), expected.join("\n"));
  weighAnew();
  await look("stopped");
  await press(/Keep everything/);
  assert.ok(await stops(/T\.Q\./).isVisible());

  await page.goto(`${settings.site}/es/manage`);
  await page.locator("#email").fill(settings.email);
  await press(/./);
  const opens = await code(2);
  await page.locator("#code").fill(opens);
  await page.locator("#pin").fill("1357");
  await press(/./);
  await holds(/Ese código o PIN no es correcto/);
  await page.locator("#code").fill(opens);
  await page.locator("#pin").fill(SECOND);
  await press(/./);
  await holds(/Ahora no recibe avisos sobre nadie/);
  await showsNothing();
  weighAnew();
  await look("opened");
} finally {
  await browser.close();
}
