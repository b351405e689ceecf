// Before anything is drawn: light or dark, as chosen here, else as the system has it.
(() => {
  const chosen = () => localStorage.getItem("fluxo-theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    document.documentElement.dataset.bsTheme = chosen() ?? (dark.matches ? "dark" : "light");
  };
  show();
  dark.addEventListener("change", show);
  addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    localStorage.setItem("fluxo-theme", document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark");
    show();
    dispatchEvent(new Event("fluxo:theme"));
  });
})();
