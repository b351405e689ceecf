// Parts of the page load themselves again when something changed: told by the server, else asked every ten seconds.
(() => {
  const reload = () => document.body.dispatchEvent(new CustomEvent("fluxo:changed", { bubbles: true }));
  const notice = (shown) => {
    document.querySelector('[data-notice="offline"]').hidden = !shown;
  };
  let polling = null;
  const poll = () => { polling ??= setInterval(reload, 10_000); };
  if (!window.EventSource) { poll(); return; }
  let fresh = true; // what the page shows was loaded just before
  let late;
  const connect = () => {
    const source = new EventSource("/live");
    const told = () => {
      if (!fresh) reload();
      fresh = false;
    };
    source.addEventListener("changed", told);
    source.addEventListener("unavailable", () => { fresh = false; reload(); });
    source.addEventListener("open", () => {
      clearTimeout(late);
      clearInterval(polling);
      polling = late = null;
      notice(false);
    });
    source.addEventListener("error", () => {
      fresh = false; // whatever changed meanwhile, the first event after it says so
      late ??= setTimeout(() => notice(true), 2_000); // a process that is replaced is back sooner
      if (source.readyState !== EventSource.CLOSED) return;
      poll(); // refused for good, as by a session that ended: the parts say so when they are asked for
      setTimeout(connect, 10_000);
    });
    addEventListener("pagehide", () => source.close());
  };
  connect();
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // Past midnight: a date that nobody touched becomes the new day.
  document.addEventListener("htmx:after:swap", () => {
    const today = document.getElementById("balance")?.dataset.today;
    const date = document.getElementById("entry-date");
    if (!today || !date || date.dataset.today === today) return;
    if (date.value === date.dataset.today) date.value = today;
    date.dataset.today = today;
  });
})();
