// Leaves at once when Shift is pressed three times within five seconds, and puts the page to which
// it leaves in the place of this one. Everything works without this file.
(function () {
  "use strict";
  var presses = [];

  function away(event) {
    if (event) {
      event.preventDefault();
    }
    document.title = "";
    document.body.hidden = true;
    var session = document.querySelector(".leave input[name=session]");
    if (session) {
      var form = new URLSearchParams();
      form.set("session", session.value);
      // Sent even though this page goes away.
      navigator.sendBeacon("/leave", form);
    }
    // The answer has the browser forget this site and goes on to another one.
    window.location.replace("/leave");
  }

  document.addEventListener("keyup", function (event) {
    if (event.key !== "Shift") {
      presses = [];
      return;
    }
    var now = Date.now();
    presses = presses.filter(function (at) { return now - at < 5000; });
    presses.push(now);
    if (presses.length >= 3) {
      away();
    }
  });

  document.querySelectorAll(".leave-button").forEach(function (button) {
    button.addEventListener("click", away);
  });
  document.querySelectorAll(".leave-hint").forEach(function (hint) {
    hint.hidden = false;
  });

  var summary = document.getElementById("error-summary");
  if (summary) {
    summary.focus();
  }
})();
