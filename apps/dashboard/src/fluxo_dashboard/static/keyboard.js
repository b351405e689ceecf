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
  if (location.hash) document.querySelector("input" + location.hash)?.focus();
})();
