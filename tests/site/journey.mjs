// Goes through every public page in a real browser, as a frightened person would, and fails with the
// first thing that is not as it must be. Prints one line a page that was looked at.
//
//   node journey.mjs SETTINGS (browser.mjs says which)

import assert from "node:assert/strict";

import {
  browser, click, code, context, excuse, follow, holds, look, lookUp, open, page, press, settings, shown, stops, weighAnew,
} from "./browser.mjs";

try {
  await page.goto(settings.site);
  await look("home");
  await page.keyboard.press("Tab");
  assert.equal(await page.locator(":focus").getAttribute("class"), "skip", "the keyboard begins elsewhere");

  await press("Look up");
  await holds(/Type a name or a number/);
  await look("home-error");

  await page.getByLabel("Name or number").fill("Nobodyofthatname");
  await press("Look up");
  await holds(/We found nobody/);
  await look("results-none");

  await lookUp();
  await holds(/We found one person/);
  await look("results");

  await click(page.locator("ul.people a"));
  await holds(/In custody at Test County Jail/);
  await holds(/As of .*\d/);
  await look("person");

  await follow("Tell me when something changes");
  await look("register");
  await page.locator("#email").fill("nobody");
  await press(/./);
  await look("register-error");
  assert.equal(await page.locator("#email").inputValue(), "nobody", "what was typed is gone");
  await page.locator("#email").fill(settings.email);
  await page.locator("#telephone").fill("601 555 0123 12");
  await press(/./);
  await holds(/Type a telephone number of ten digits/);
  assert.equal(await page.locator("#telephone").inputValue(), "601 555 0123 12", "what was typed is gone");
  await page.locator("#telephone").fill("601 555 0123");
  await page.locator("summary").nth(0).click();
  await page.locator("#quiet-from").selectOption("21:00");
  await page.locator("summary").nth(1).click();
  await page.locator("#order-number").fill("26-PO-117");
  await press(/./);
  await holds(/Choose two hours/);
  assert.ok(await page.locator("#quiet-until").isVisible(), "what is wrong is folded away");
  assert.equal(await page.locator("#quiet-from").inputValue(), "21:00", "what was chosen is gone");
  await look("register-care-error");
  await page.locator("#quiet-until").selectOption("07:00");
  await press(/./);
  await holds(/Type the name of the court too/);
  assert.equal(await page.locator("#order-number").inputValue(), "26-PO-117", "what was typed is gone");
  await look("register-order-error");
  await page.locator("#order-court").fill("County Court of Hinds County");
  await press(/./);
  await look("code");
  await page.locator("#code").fill("000000");
  await press(/./);
  await look("code-error");
  await page.locator("#code").fill(await code(0));
  await press(/./);
  await holds(/You are signed up/);
  await look("registered");

  // Whoever is called with the code is told so after a wrong one too.
  await lookUp();
  await click(page.locator("ul.people a"));
  await click(page.locator("a.button"));
  await page.locator("#telephone").fill("601 555 0144");
  await press(/./);
  await holds(/We call the number/);
  await page.locator("#code").fill("000000");
  await press(/./);
  await holds(/That code is not right/);
  await holds(/We call the number/);
  weighAnew();

  await page.goto(`${settings.site}/manage`);
  await look("manage");
  await open("", 1);
  await holds(/By telephone at •••23/);
  await holds(/the order with the number •••117/);
  assert.equal(await page.locator("#quiet-until").inputValue(), "07:00", "what she said of quiet hours is lost");
  await look("view");
  await page.locator("#case-number").fill("26-CR-19");
  await click(page.locator("form[action$='/manage/follow'] button"));
  await holds(/Type the name of the court too/);
  await page.locator("#case-court").fill("Circuit Court of Hinds County");
  await click(page.locator("form[action$='/manage/follow'] button"));
  await holds(/the case with the number •••R19/);
  await look("view-case");
  await click(stops(/•••R19/));
  await holds(/Something is about to stop/);
  await holds(/We were asked to stop this\. Until .* we tell you as before/);
  await look("view-ending-one");
  await click(page.locator("form[action$='/manage/keep'] button"));
  assert.ok(await stops(/•••R19/).isVisible(), "it is to stop still");
  // Whoever has a PIN says it to stop, and everything goes on for three days, in which one click takes it back.
  await page.locator("#pin").fill("4862");
  await click(page.locator("form[action$='/manage/pin'] button"));
  await click(page.locator("button.stop"));
  await holds(/Your PIN, please/);
  weighAnew();
  await look("stop-pin");
  await page.locator("#pin").fill("9753");
  await click(page.locator("button.stop"));
  await holds(/That PIN is not right/);
  await look("stop-pin-wrong");
  await page.locator("#pin").fill("4862");
  await click(page.locator("button.stop"));
  await holds(/We were asked to stop everything\. Until .* we tell you as before/);
  await look("view-ending");
  await click(page.locator("form[action$='/manage/keep'] button"));
  assert.ok(!/about to stop/.test(await page.locator("main").innerText()), "it is to stop still");
  await page.locator("form[action$='/manage/prove'] input[name=code]").fill("1");
  await click(page.locator("form[action$='/manage/prove'] button"));
  await holds(/That code is not right/);
  await look("view-error");
  await page.locator("#street").fill("12 Elm St");
  await click(page.locator("form[action$='/manage/reach'] button"));
  await holds(/Type the city/);
  await page.locator("#city").fill("Jackson");
  await page.locator("#zip").fill("39201");
  await click(page.locator("form[action$='/manage/reach'] button"));
  await holds(/By letter to 1•••, MS/);
  await look("view-letter");
  weighAnew();
  await page.locator("input[name=language][value=es]").check();
  await click(page.locator("form[action$='/manage/change'] button"));
  await look("view-saved");
  assert.ok(await page.locator("input[name=language][value=es]").isChecked(), "the choice is lost");

  // Out of a session: it has ended, and nothing of it comes back.
  const session = await page.locator(".leave input[name=session]").inputValue();
  await page.locator(".leave-button").click();
  await page.waitForURL(`${settings.elsewhere}**`);
  // A browser may refuse to show again what it was told not to keep.
  await page.goBack({ waitUntil: "load" }).catch(() => null);
  const back = await shown();
  assert.ok(!back.includes("•••"), `going back shows ${back}`);
  const everything = { session, what: "everything" };
  const again = await context.request.post(`${settings.site}/manage/stop`, { form: everything, headers: { origin: settings.site } });
  assert.match(await again.text(), /Your time on this page is over/, "the session went on");
  weighAnew();
  excuse();

  if (settings.javascript) {
    await page.goto(settings.site);
    for (let times = 0; times < 3; times += 1) {
      await page.keyboard.press("Shift");
    }
    await page.waitForURL(`${settings.elsewhere}**`);
    weighAnew();
  }

  // In Spanish likewise.
  await open("/es", 2);
  await click(page.locator("button.stop"));
  weighAnew();
  await look("es-stop-pin");
  await page.locator("#pin").fill("4862");
  await click(page.locator("button.stop"));
  await holds(/Nos pidieron parar todo\. Hasta el .* le avisamos como antes/);
  await look("es-view-ending");

  await page.goto(settings.site);
  await click(page.locator("nav a[hreflang=es]"));
  assert.equal(await page.locator("html").getAttribute("lang"), "es");
  weighAnew();
  await look("es-home");
  await page.locator("#who").fill(settings.who);
  await press(/./);
  await look("es-results");
  await click(page.locator("ul.people a"));
  assert.equal(await page.locator("html").getAttribute("lang"), "es", "the language is lost");
  await look("es-person");
  await click(page.locator("a.button"));
  await look("es-register");

  await page.goto(`${settings.site}/es`);
  await follow("Avisos por el número de una orden de protección o de un caso");
  await look("es-by-number");
  await page.locator("#email").fill(settings.email);
  await press(/./);
  await holds(/Escriba el número de una orden/);
  await look("es-by-number-error");

  await follow("Sus derechos y ayuda");
  await holds(/Oponerse a una salida/);
  await look("es-help");
  await page.goto(settings.site);
  await follow("Your rights, and help");
  await holds(/Speak against a release/);
  await look("help");

  await page.goto(`${settings.site}/person/nobody`);
  await look("not-found");

  // The link in a message, as nobody was ever sent it: opening it asks, and nothing comes of it.
  const mark = `${"a".repeat(32)}-${"b".repeat(20)}`;
  await page.goto(`${settings.site}/es/mail/stop/${mark}`);
  await holds(/¿Apagar el correo electrónico\?/);
  await look("es-mail-stop");
  await page.goto(`${settings.site}/mail/stop/${mark}`);
  await look("mail-stop");
  await click(page.locator("button.stop"));
  await holds(/This link does not work/);
  await look("mail-wrong");
  // Saying that a message was read: opening the page says nothing, and a code that is none is refused.
  await page.goto(`${settings.site}/es/mail/seen/${mark}`);
  await holds(/¿Ya leyó nuestro mensaje\?/);
  await look("es-mail-seen");
  await page.goto(`${settings.site}/mail/seen/${mark}`);
  await look("mail-seen");
  await click(page.locator("main button"));
  await holds(/This link does not work/);
  await page.goto(`${settings.site}/es/seen`);
  await look("es-seen");
  await page.goto(`${settings.site}/seen`);
  await look("seen");
  await page.locator("#code").fill("ABCD-EFGH-JKMN");
  await click(page.locator("main button"));
  await holds(/This code does not work/);
  await look("seen-wrong");

  // The page of an office after an arrest, behind its own link: what is missing is said at its field.
  await page.goto(`${settings.site}${settings.office}`);
  await holds(/For the Sheriff of Hinds County/);
  await look("arrest");
  await page.locator("#telephone").fill("601 555 0142");
  await click(page.locator("main form button"));
  await holds(/Nobody on the lists fits that/);
  await look("arrest-wrong");
  await page.locator("#who").fill(settings.who);
  await click(page.locator("main form button"));
  await holds(/She is entered/);
  await look("arrest-entered");
} finally {
  await browser.close();
}
