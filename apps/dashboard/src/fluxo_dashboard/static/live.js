// Parts of the page load themselves again when the balances changed: told by the server, else asked every ten seconds.
(() => {
  const changed = () => document.body.dispatchEvent(new CustomEvent("fluxo:changed", { bubbles: true }));
  const notice = (shown) => {
    const element = document.querySelector('[data-notice="offline"]');
    if (element) element.hidden = !shown;
  };
  let polling = null;
  const poll = () => { polling ??= setInterval(changed, 10_000); };
  if (!window.EventSource) { poll(); return; }
  const source = new EventSource("/live");
  let lost = false;
  source.addEventListener("changed", changed);
  source.addEventListener("open", () => {
    clearInterval(polling);
    polling = null;
    notice(false);
    if (lost) changed();
    lost = false;
  });
  source.addEventListener("error", () => {
    lost = true;
    notice(true);
    if (source.readyState === EventSource.CLOSED) poll();
  });
})();
