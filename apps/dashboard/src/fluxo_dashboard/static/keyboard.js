// n: new entry, /: search, ?: help. Never while somebody types.
(() => {
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const places = { n: ["#entry-amount", "/#entry-amount"], "/": ["#search", "/entries#search"] };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "?") document.getElementById("help").showModal();
    const place = places[event.key];
    if (!place) return;
    event.preventDefault();
    const field = document.querySelector(place[0]);
    if (field) field.focus();
    else location.href = place[1];
  });
  addEventListener("click", (event) => {
    const opens = event.target.closest("[data-opens]");
    if (opens) document.getElementById(opens.dataset.opens).showModal();
  });
  // A form that was sent comes back: go to what is wrong with it, to what came of it, else to its first field.
  let sent = null;
  addEventListener("submit", (event) => { sent = event.target; });
  document.addEventListener("htmx:after:swap", () => {
    if (!sent || sent.isConnected) return;
    const form = document.getElementById(sent.id);
    sent = null;
    if (!form) return;
    const first = document.querySelector("[data-read-first]") ?? form.querySelector("input:not([type=hidden])");
    (form.querySelector("[aria-invalid]") ?? first)?.focus();
  });
  const asked = location.hash && document.querySelector(`input${location.hash}`);
  if (asked) asked.focus();
  // With a keyboard one types at once; on a phone that would hide the balance.
  else if (matchMedia("(pointer: fine)").matches) document.getElementById("entry-amount")?.focus({ preventScroll: true });
})();
