// Parts of the page load themselves again when something changed: told by the server, else asked every ten seconds.
(() => {
  let changes = 0;
  const say = () => document.body.dispatchEvent(new CustomEvent("fluxo:changed", { bubbles: true }));
  const reload = () => {
    changes += 1;
    say();
  };
  // A part that is replaced hears nothing while that happens: what came meanwhile is said again to its successor.
  const loading = new WeakMap();
  document.addEventListener("htmx:before:request", ({ detail }) => loading.set(detail.ctx, changes));
  document.addEventListener("htmx:finally:request", ({ detail }) => {
    if (detail.ctx.request.method === "GET" && loading.get(detail.ctx) < changes) setTimeout(say, 50);
  });
  const notice = (shown) => {
    document.querySelector('[data-notice="offline"]').hidden = !shown;
  };
  let polling = null;
  const poll = () => { polling ??= setInterval(reload, 10_000); };
  if (!window.EventSource) { poll(); return; }
  let asking = null;
  let late;
  const connect = () => {
    const source = new EventSource("/live");
    // The first one comes at once and says how it stands: something may have changed since the page was rendered.
    source.addEventListener("changed", () => {
      clearInterval(asking);
      asking = null;
      reload();
    });
    // For a moment a cached answer may still pass for a current one.
    source.addEventListener("unavailable", () => {
      reload();
      asking ??= setInterval(reload, 3_000);
    });
    source.addEventListener("open", () => {
      clearTimeout(late);
      clearInterval(polling);
      polling = late = null;
      notice(false);
    });
    source.addEventListener("error", () => {
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
